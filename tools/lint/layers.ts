/** Which rooms of lib each room of lib may import, besides itself. Read from top to bottom. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  propagation: ["core"],
  context: ["core", "propagation"],
  sampling: ["core", "propagation"],
  log: ["core", "context", "propagation"],
  trace: ["core", "context", "propagation", "sampling", "log"],
  pipeline: ["core", "propagation"],
  transport: ["core", "pipeline", "log"],
  otlp: ["core", "pipeline", "transport"],
  metric: ["core"],
  audit: ["core"],
  http: ["core", "context", "propagation", "trace"],
  hono: ["core", "context", "trace", "http"],
  opentelemetry: ["core", "context", "propagation", "sampling", "trace", "log", "metric"],
  runtime: ["core", "context", "pipeline", "audit"],
  testing: ["core", "context", "propagation", "sampling", "trace", "log", "pipeline", "otlp"],
};

/** The files of lib that join rooms: they may import every room but the entry points of their own. */
export const JOINTS: readonly string[] = [
  "lib/telemetry.ts",
  "lib/options.ts",
  "lib/pipeline.ts",
  "mod.ts",
];

/** Rooms that are entry points of their own and not reachable from mod.ts. */
export const SEPARATE: readonly string[] = ["audit", "hono", "opentelemetry", "runtime", "testing"];

/** What demo and loadtest may import of lib: the entry points of deno.json, as a user would. */
export const PUBLIC: readonly RegExp[] = [
  /^mod\.ts$/,
  /^lib\/(audit|hono|opentelemetry|testing)\/mod\.ts$/,
  /^lib\/runtime\/[a-z]+\.ts$/,
];

/**
 * Says why one file may not import another, or undefined when it may. Paths are relative to the
 * repository, with forward slashes.
 */
export function forbidden(from: string, to: string): string | undefined {
  const source = placeOf(from);
  const target = placeOf(to);
  if (source.house === "lib" && target.house !== "lib") {
    return `lib imports nothing of ${target.house}`;
  }
  if (source.house === "demo" && (target.house === "loadtest" || target.house === "bench")) {
    return `demo imports nothing of ${target.house}`;
  }
  if (target.house !== "lib" || source.house === "bench" || source.house === "tools") {
    return undefined;
  }
  // Tests reach for whatever they need within lib; elsewhere they stand where a user stands.
  if (from.endsWith("_test.ts") && source.house === "lib") return undefined;
  if (source.house !== "lib") {
    return PUBLIC.some((entry) => entry.test(to))
      ? undefined
      : `${source.house} imports lib by its public entry points: mod.ts, ` +
        "lib/{audit,hono,opentelemetry,testing}/mod.ts, lib/runtime/*.ts";
  }
  return forbiddenInLib(from, source.room, target.room);
}

function forbiddenInLib(from: string, source: string, target: string): string | undefined {
  if (JOINTS.includes(from)) {
    return SEPARATE.includes(target)
      ? `${from} must run on Web APIs alone, and ${target} is an entry point of its own`
      : undefined;
  }
  if (source === target) return undefined;
  const allowed = LAYERS[source];
  if (allowed === undefined) return `room ${source} is not in tools/lint/layers.ts`;
  if (allowed.includes(target)) return undefined;
  return `${source} may import ${allowed.length === 0 ? "nothing" : allowed.join(", ")}`;
}

function placeOf(path: string): { house: string; room: string } {
  const parts = path.split("/");
  if (parts.length === 1) return { house: "lib", room: parts[0] };
  return { house: parts[0], room: parts.length > 2 ? parts[1] : parts.at(-1)! };
}
