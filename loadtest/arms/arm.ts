import { dirname, resolve, toFileUrl } from "@std/path";
import { z } from "zod";
import type { TelemetryOptions } from "../../mod.ts";
import { SPIN_US } from "../model/model.ts";

/** A way to run the target, in a process of its own. */
export interface Arm {
  readonly name: string;
  /** What it is, in a line. */
  readonly description: string;
  /** Microseconds of a core that each request burns besides: a cost that is known. */
  readonly spinUs?: number;
  readonly target: BuiltInTarget | ModuleTarget | CommandTarget;
}

/** The shop, or a module, with these options of `createTelemetry`, given where to export to. */
export interface BuiltInTarget {
  readonly kind: "shop";
  readonly options: (endpoint: string) => Partial<TelemetryOptions>;
}

/** A module whose default export is a fetch handler, or an object with one. */
export interface ModuleTarget {
  readonly kind: "module";
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A command that listens on the port in PORT. */
export interface CommandTarget {
  readonly kind: "command";
  readonly command: readonly string[];
  /** The path that is asked between slots, to send what is held back. */
  readonly flush?: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

const env = z.record(z.string(), z.string()).default({});
const common = { name: z.string().min(1).max(40), description: z.string().default(""), env };

const armsFileSchema = z.strictObject({
  /** What is asked of each arm; `--path` comes first. */
  path: z.string().startsWith("/").optional(),
  arms: z.array(z.union([
    z.strictObject({ ...common, module: z.string() }),
    z.strictObject({
      ...common,
      command: z.array(z.string()).min(1),
      flush: z.string().startsWith("/").optional(),
    }),
  ])).min(1),
});

/** Arms, the first of which is what the others are held against. */
export interface ArmList {
  readonly arms: readonly Arm[];
  readonly path: string | undefined;
}

/** A file of arms that can't be taken. */
export class ArmsFileError extends Error {}

/**
 * Reads a file of arms. To its arms come the first one again (A/A) and, where it is a module, the
 * first one with a known cost.
 *
 * @throws {ArmsFileError} Naming the file, the place in it and what is allowed.
 */
export async function readArms(path: string): Promise<ArmList> {
  let given: unknown;
  try {
    given = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new ArmsFileError(`--arms-file ${path}: ${(error as Error).message}`);
  }
  const result = armsFileSchema.safeParse(given);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new ArmsFileError(
      `--arms-file ${path}: ${issue.path.join(".") || "the file"}: ${issue.message}; an arm is ` +
        '{ "name", "module" } or { "name", "command": ["program", …], "flush": "/path" }, with "env" and "description"',
    );
  }
  const folder = dirname(resolve(path));
  const arms = result.data.arms.map((one): Arm => ({
    name: one.name,
    description: one.description,
    target: "module" in one
      ? { kind: "module", url: toFileUrl(resolve(folder, one.module)).href, env: one.env }
      : { kind: "command", command: one.command, flush: one.flush, cwd: folder, env: one.env },
  }));
  const [first, ...others] = arms;
  const again = { ...first, name: `${first.name} again`, description: "the same, as a check" };
  const spin: Arm[] = first.target.kind === "module"
    ? [{ ...first, name: "spin", description: `and ${SPIN_US} µs of work`, spinUs: SPIN_US }]
    : [];
  const all = [first, again, ...spin, ...others];
  const twice = all.find(({ name }, index) => all.findIndex((one) => one.name === name) !== index);
  if (twice !== undefined) {
    throw new ArmsFileError(
      `--arms-file ${path}: the name ${JSON.stringify(twice.name)} is there twice` +
        ([again, ...spin].some(({ name }) => name === twice.name)
          ? " (the load test adds one of that name)"
          : ""),
    );
  }
  return { arms: all, path: result.data.path };
}
