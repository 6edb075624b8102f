import { parseArgs } from "@std/cli/parse-args";
import { z } from "zod";
import { FAULT_LEVELS } from "../services/faults.ts";

/** A command line that can't be taken; the message says what is allowed. */
export class UsageError extends Error {}

const port = z.coerce.number().int().min(0).max(65535);

/** The flags of `deno task demo`. */
export const runFlags = z.strictObject({
  "rate": z.coerce.number().positive().max(1000).default(4),
  "duration": z.coerce.number().positive().optional(),
  "seed": z.coerce.number().int().default(1),
  "faults": z.enum(FAULT_LEVELS as ["off", "some", "many"]).default("some"),
  "collector-port": port.default(0),
  "gateway-port": port.default(0),
  "orders-port": port.default(0),
  "catalog-port": port.default(0),
  "payments-port": port.default(0),
  "shipping-port": port.default(0),
  "data": z.string().min(1).default(".cache/demo"),
  "quiet": z.boolean().default(false),
  "logs": z.string().min(1).optional(),
  "log-rules": z.string().min(1).optional(),
  "host": z.string().min(1).max(255).default("127.0.0.1"),
  "token": z.string().optional(),
});

/** Where the load test writes its results. */
export const RESULTS_FOLDER = "results";

/** Flags of what listens: on loopback alone, or elsewhere with a token. */
const listening = {
  "host": z.string().min(1).max(255).default("127.0.0.1"),
  "token": z.string().regex(/^[A-Za-z0-9._~-]{16,200}$/, "16 or more of A-Z a-z 0-9 . _ ~ -")
    .optional(),
  "allow-host": z.string().min(1).optional(),
  "allow-origin": z.string().min(1).optional(),
};
/** Flags of what keeps: how much at most. */
const keeping = {
  "max-bytes": z.coerce.number().int().min(1_000_000).default(1024 ** 3),
  "max-age-hours": z.coerce.number().positive().max(24 * 366).default(24),
};

/** The flags of `deno task console`: 4318 is OTLP's own port. */
export const consoleFlags = z.strictObject({
  "port": port.default(4318),
  "file": z.string().min(1).optional(),
  ...listening,
  ...keeping,
});

/** The flags of the commands that ask. */
export const askFlags = z.strictObject({
  "error": z.boolean().default(false),
  "service": z.string().max(200).optional(),
  "route": z.string().max(500).optional(),
  "status": z.string().optional(),
  "slower-than": z.string().optional(),
  "attribute": z.string().optional(),
  "minutes": z.string().optional(),
  "level": z.string().optional(),
  "trace": z.string().optional(),
  "transaction": z.string().optional(),
  "limit": z.string().default("20"),
  "data": z.string().min(1).default(".cache/demo"),
  "url": z.url().optional(),
  "token": z.string().optional(),
  "json": z.boolean().default(false),
});

/**
 * Reads a command line by a schema; what is left over are the arguments.
 *
 * @throws {UsageError} Naming the flag, what was given and what is allowed.
 */
export function readFlags<S extends z.ZodObject>(
  schema: S,
  args: readonly string[],
): { flags: z.infer<S>; rest: string[] } {
  const names = Object.keys(schema.shape);
  const boolean = ["error", "json", "quiet"].filter((name) => names.includes(name));
  const { _: rest, ...given } = parseArgs([...args], {
    boolean,
    string: ["_", ...names.filter((name) => !boolean.includes(name))],
  }) as
    & { _: (string | number)[] }
    & Record<string, unknown>;
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const result = schema.safeParse(set);
  if (result.success) return { flags: result.data, rest: rest.map(String) };
  const issue = result.error.issues[0];
  if (issue.code === "unrecognized_keys") {
    throw new UsageError(
      `Unknown flag --${issue.keys[0]}; allowed are ${names.map((name) => `--${name}`).join(", ")}`,
    );
  }
  const name = String(issue.path[0]);
  throw new UsageError(`--${name} is ${JSON.stringify(given[name])}: ${issue.message}`);
}
