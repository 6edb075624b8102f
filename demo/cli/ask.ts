import { resolve } from "@std/path";
import { duration, paintWith, safe, table } from "../console/text.ts";
import { logLine, traceTree } from "../console/tree.ts";
import { type Queries, queriesOf } from "../store/queries.ts";
import { openStore } from "../store/store.ts";
import { askFlags, readFlags, UsageError } from "./options.ts";

/** The commands that ask what the demo recorded. */
export const ASK_COMMANDS = ["traces", "trace", "logs", "graph", "summary"] as const;

/** One of {@linkcode ASK_COMMANDS}. */
export type AskCommand = (typeof ASK_COMMANDS)[number];

/**
 * Answers from the store's file.
 *
 * @throws {UsageError} When the command line is wrong or nothing was recorded.
 */
export async function ask(command: AskCommand, args: readonly string[]): Promise<void> {
  const { flags, rest } = readFlags(askFlags, args);
  const path = resolve(flags.data, "telemetry.sqlite");
  try {
    await Deno.stat(path);
  } catch {
    throw new UsageError(`Nothing is recorded in ${flags.data}; run \`deno task demo\` first`);
  }
  const store = openStore(path);
  try {
    const found = answer(command, queriesOf(store.database), flags, rest);
    const text = flags.json
      ? JSON.stringify(
        found.data,
        (_key, value) => typeof value === "bigint" ? `${value}` : value,
        2,
      )
      : found.lines.join("\n");
    console.log(text);
  } finally {
    store.close();
  }
}

interface Answer {
  readonly data: unknown;
  readonly lines: readonly string[];
}

function answer(
  command: AskCommand,
  queries: Queries,
  flags: ReturnType<typeof askFlags.parse>,
  rest: readonly string[],
): Answer {
  const paint = paintWith(Deno.stdout.isTerminal() && !Deno.noColor);
  switch (command) {
    case "traces": {
      const data = queries.traces({
        isError: flags.error,
        service: flags.service,
        minDurationMs: flags["slower-than"],
        limit: flags.limit,
      });
      const rows = data.map((one) => [
        one.traceId.slice(0, 12),
        new Date(Number(one.startNs / 1_000_000n)).toISOString().slice(11, 23),
        `${one.service} ${one.name}`,
        duration(one.durationMs),
        one.spans,
        one.errors,
      ]);
      return {
        data,
        lines: table(["trace", "start", "root", "duration", "spans", "errors"], rows),
      };
    }
    case "trace":
      return oneTrace(queries, rest[0], paint);
    case "logs": {
      const data = queries.logs({
        text: rest.join(" ") || undefined,
        traceId: flags.trace,
        transactionId: flags.transaction,
        service: flags.service,
        limit: flags.limit,
      });
      const lines = data.map((log) =>
        `${new Date(Number(log.timeNs / 1_000_000n)).toISOString().slice(11, 23)} ${
          safe(log.service).padEnd(8)
        } ${logLine(log, paint)} ${
          paint.dim(`trace=${log.traceId.slice(0, 12)} transaction=${log.transactionId ?? ""}`)
        }`
      );
      return { data, lines: lines.length > 0 ? lines : ["no log line matches"] };
    }
    case "graph": {
      const data = queries.graph();
      const rows = data.map((edge) => [
        edge.from,
        edge.kind === "message" ? "~queue~>" : "------->",
        edge.to,
        edge.requests,
        edge.errors,
        duration(edge.p95Ms),
      ]);
      return { data, lines: table(["from", "", "to", "requests", "errors", "p95"], rows) };
    }
    case "summary":
      return { data: queries.routes(), lines: summaryLines(queries) };
  }
}

/** The table of routes: requests, errors, p50 and p95. */
export function summaryLines(queries: Queries): string[] {
  return table(
    ["service", "route", "requests", "errors", "p50", "p95"],
    queries.routes().map((one) => [
      one.service,
      one.route,
      one.requests,
      one.errors,
      duration(one.p50Ms),
      duration(one.p95Ms),
    ]),
  );
}

function oneTrace(
  queries: Queries,
  prefix: string | undefined,
  paint: ReturnType<typeof paintWith>,
): Answer {
  if (prefix === undefined || !/^[0-9a-f]{4,32}$/.test(prefix)) {
    throw new UsageError(
      `trace needs an id or 4 or more of its first hex digits, not ${prefix ?? "none"}`,
    );
  }
  const ids = queries.traceIds(prefix);
  if (ids.length === 0) throw new UsageError(`No trace begins with ${prefix}`);
  if (ids.length > 1) {
    throw new UsageError(`More than one trace begins with ${prefix}; give more digits`);
  }
  const spans = queries.trace(ids[0]);
  const logs = [...new Set(spans.map(({ traceId }) => traceId))]
    .flatMap((traceId) => queries.logs({ traceId, limit: 10_000 }));
  return { data: { spans, logs }, lines: traceTree(spans, logs, paint) };
}
