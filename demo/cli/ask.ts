import { resolve } from "@std/path";
import type { Hono } from "hono";
import { createApi } from "../console/api.ts";
import type { Json } from "../console/json.ts";
import { duration, type Paint, paintWith, safe, table } from "../console/text.ts";
import { logLine, traceTree } from "../console/tree.ts";
import type {
  GraphEdge,
  RouteSummary,
  StoredLog,
  StoredSpan,
  TraceSummary,
} from "../store/model.ts";
import { queriesOf } from "../store/queries.ts";
import { openToRead } from "../store/store.ts";
import { askFlags, readFlags, UsageError } from "./options.ts";

/** The commands that ask what the demo recorded. */
export const ASK_COMMANDS = ["traces", "trace", "logs", "graph", "summary"] as const;

/** One of {@linkcode ASK_COMMANDS}. */
export type AskCommand = (typeof ASK_COMMANDS)[number];

type Flags = ReturnType<typeof askFlags.parse>;
/** Asks the console's API. */
type Ask = (path: string, query?: Record<string, string | undefined>) => Promise<unknown>;

/**
 * Answers by the console's query API: of the demo's file, or of a console that runs (`--url`).
 *
 * @throws {UsageError} When the command line is wrong or nothing was recorded.
 */
export async function ask(command: AskCommand, args: readonly string[]): Promise<void> {
  const { flags, rest } = readFlags(askFlags, args);
  const { api, close } = flags.url === undefined
    ? await fileApi(flags.data)
    : { api: remoteApi(flags.url, flags.token), close: () => {} };
  try {
    const { data, lines } = await answer(command, api, flags, rest);
    console.log(flags.json ? JSON.stringify(data, undefined, 2) : lines.join("\n"));
  } finally {
    close();
  }
}

async function fileApi(folder: string): Promise<{ api: Ask; close(): void }> {
  const path = resolve(folder, "telemetry.sqlite");
  try {
    await Deno.stat(path);
  } catch {
    throw new UsageError(`Nothing is recorded in ${folder}; run \`deno task demo\` first`);
  }
  const database = openToRead(path);
  const api: Hono = createApi({ queries: queriesOf(database) });
  return {
    api: askerBy(async (path) => await api.request(path)),
    close: () => database.close(),
  };
}

function remoteApi(url: string, token: string | undefined): Ask {
  const headers: HeadersInit = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return askerBy(async (path) => {
    try {
      return await fetch(new URL(`/api${path}`, url), { headers, redirect: "manual" });
    } catch (error) {
      throw new UsageError(
        `No console answers at ${url}: ${error instanceof Error ? error.message : error}`,
      );
    }
  });
}

function askerBy(send: (path: string) => Promise<Response>): Ask {
  return async (path, query = {}) => {
    const given = Object.entries(query).filter((one): one is [string, string] =>
      one[1] !== undefined
    );
    const response = await send(`${path}?${new URLSearchParams(given)}`);
    if (response.ok) return await response.json();
    const text = await response.text();
    throw new UsageError(text.startsWith("{") ? JSON.parse(text).error : text);
  };
}

interface Answer {
  readonly data: unknown;
  readonly lines: readonly string[];
}

async function answer(
  command: AskCommand,
  api: Ask,
  flags: Flags,
  rest: readonly string[],
): Promise<Answer> {
  const paint = paintWith(Deno.stdout.isTerminal() && !Deno.noColor);
  const { service, attribute, minutes, limit } = flags;
  switch (command) {
    case "traces": {
      const data = await api("/traces", {
        service,
        attribute,
        minutes,
        limit,
        route: flags.route,
        status: flags.error ? "error" : flags.status,
        slowerThan: flags["slower-than"],
      }) as Json<TraceSummary>[];
      return { data, lines: traceLines(data) };
    }
    case "trace":
      return await oneTrace(api, rest[0], paint);
    case "logs": {
      const data = await api("/logs", {
        service,
        attribute,
        minutes,
        limit,
        q: rest.join(" ") || undefined,
        level: flags.level,
        trace: flags.trace,
        transaction: flags.transaction,
      }) as Json<StoredLog>[];
      return { data, lines: logLines(data, paint) };
    }
    case "graph": {
      const data = await api("/graph", { minutes }) as GraphEdge[];
      return { data, lines: graphLines(data) };
    }
    case "summary": {
      const data = await api("/summary", { minutes }) as RouteSummary[];
      return { data, lines: summaryLines(data) };
    }
  }
}

/** The time of day of nanoseconds since the epoch. */
function clock(ns: string): string {
  return new Date(Number(BigInt(ns) / 1_000_000n)).toISOString().slice(11, 23);
}

function traceLines(data: readonly Json<TraceSummary>[]): string[] {
  if (data.length === 0) return ["no trace fits"];
  const rows = data.map((one) => [
    one.traceId.slice(0, 12),
    clock(one.startNs),
    `${one.service} ${one.name}`,
    one.status ?? "",
    duration(one.durationMs),
    one.spans,
    one.errors,
  ]);
  return table(["trace", "start", "root", "status", "duration", "spans", "errors"], rows);
}

function logLines(data: readonly Json<StoredLog>[], paint: Paint): string[] {
  if (data.length === 0) return ["no log line fits"];
  return data.map((log) =>
    `${clock(log.timeNs)} ${safe(log.service).padEnd(8)} ${logLine(log, paint)} ${
      paint.dim(`trace=${log.traceId.slice(0, 12)} transaction=${safe(log.transactionId ?? "")}`)
    }`
  );
}

function graphLines(data: readonly GraphEdge[]): string[] {
  const rows = data.map((edge) => [
    edge.from,
    edge.kind === "message" ? "~queue~>" : "------->",
    edge.to,
    edge.requests,
    edge.errors,
    duration(edge.p95Ms),
  ]);
  return table(["from", "", "to", "requests", "errors", "p95"], rows);
}

/** The table of routes: requests, errors, p50 and p95. */
export function summaryLines(routes: readonly RouteSummary[]): string[] {
  return table(
    ["service", "route", "requests", "errors", "p50", "p95"],
    routes.map((one) => [
      one.service,
      one.route,
      one.requests,
      one.errors,
      duration(one.p50Ms),
      duration(one.p95Ms),
    ]),
  );
}

async function oneTrace(api: Ask, prefix: string | undefined, paint: Paint): Promise<Answer> {
  if (prefix === undefined || !/^[0-9a-f]{4,32}$/.test(prefix)) {
    throw new UsageError(
      `trace needs an id or 4 or more of its first hex digits, not ${prefix ?? "none"}`,
    );
  }
  const data = await api(`/traces/${prefix}`) as {
    spans: Json<StoredSpan>[];
    logs: Json<StoredLog>[];
  };
  return { data, lines: traceTree(data.spans, data.logs, paint) };
}
