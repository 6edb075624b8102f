import { configureSync, getJsonLinesFormatter, getLogger } from "npm:@logtape/logtape@2.4.2";
import { pino } from "npm:pino@10.4.0";
import { createTelemetry, jsonLines } from "../../mod.ts";
import type { BenchCase } from "../case.ts";

const ENABLED = "log line, 5 fields, as JSON";
const CHILD = "log line of a child with 3 fields of its own, as JSON";
const CREATION = "child logger with 3 fields";
const DISABLED = "log call below the level";
const DIRECTED = "log call below the level, 20 directives";

/** Five fields, as every case here has them. */
export function fields(index: number) {
  return { user: "u-1234", items: index & 15, total: 12.5, express: 1, route: "/orders" };
}

/** Takes lines and keeps their length, so that none is optimised away. */
function blackHole(): (line: string) => void {
  let length = 0;
  return (line) => {
    length += line.length;
    if (length === 1) console.log(line);
  };
}

function ours(level: "info" | "error"): (count: number) => void {
  const { log } = createTelemetry({
    service: "bench",
    level,
    sinks: [jsonLines({ write: blackHole() })],
  });
  return (count) => {
    for (let index = 0; index < count; index++) log.info("order received", fields(index));
  };
}

/** Twenty directives, none of which lets the line through. */
function directed(): (count: number) => void {
  const level = Array.from({ length: 20 }, (_, index) => `part${index}.of.it=debug`).join(",");
  const { log } = createTelemetry({
    service: "bench",
    level: `error,${level}`,
    sinks: [jsonLines({ write: blackHole() })],
  });
  return (count) => {
    for (let index = 0; index < count; index++) log.info("order received", fields(index));
  };
}

const BOUND = { request: "r-12345", tenant: "t-1", region: "eu" };

function childLines(): (count: number) => void {
  const { log } = createTelemetry({ service: "bench", sinks: [jsonLines({ write: blackHole() })] });
  const child = log.child(BOUND);
  return (count) => {
    for (let index = 0; index < count; index++) child.info("order received", fields(index));
  };
}

function pinoChildLines(): (count: number) => void {
  const child = pino({ base: { service: "bench" } }, { write: blackHole() }).child(BOUND);
  return (count) => {
    for (let index = 0; index < count; index++) child.info(fields(index), "order received");
  };
}

function children(make: () => { child(bindings: typeof BOUND): unknown }) {
  return () => {
    const log = make();
    let last: unknown;
    return (count: number) => {
      for (let index = 0; index < count; index++) last = log.child(BOUND);
      if (last === 1) console.log(last);
    };
  };
}

function pinoCase(level: string): (count: number) => void {
  const log = pino({ level, base: { service: "bench" } }, { write: blackHole() });
  return (count) => {
    for (let index = 0; index < count; index++) log.info(fields(index), "order received");
  };
}

function logTape(lowestLevel: "info" | "error"): (count: number) => void {
  const write = blackHole();
  const format = getJsonLinesFormatter();
  configureSync({
    reset: true,
    sinks: { hole: (record) => write(format(record)) },
    loggers: [
      { category: "bench", lowestLevel, sinks: ["hole"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
    ],
  });
  const log = getLogger("bench");
  return (count) => {
    for (let index = 0; index < count; index++) log.info("order received", fields(index));
  };
}

/** A clock read, a ready prefix and the platform's JSON. */
function floor(): (count: number) => void {
  const write = blackHole();
  const prefix = '{"level":"info","message":"order received","service":"bench","time":';
  return (count) => {
    for (let index = 0; index < count; index++) {
      write(`${prefix}${Date.now()},${JSON.stringify(fields(index)).slice(1)}`);
    }
  };
}

/** The comparison alone. */
function comparison(): (count: number) => void {
  const host = { threshold: 17 };
  let sink = 0;
  return (count) => {
    for (let index = 0; index < count; index++) {
      if (host.threshold <= 9) sink += fields(index).items;
    }
    if (sink === 1) console.log(sink);
  };
}

/** Log lines. */
export const LOG_CASES: readonly BenchCase[] = [
  { group: ENABLED, name: "sextant", role: "ours", setup: () => ours("info"), showsHeap: true },
  { group: ENABLED, name: "prefix + JSON", role: "floor", setup: floor },
  {
    group: ENABLED,
    name: "pino 10.4",
    role: "rival",
    setup: () => pinoCase("info"),
    showsHeap: true,
  },
  { group: ENABLED, name: "LogTape 2.4", role: "rival", setup: () => logTape("info") },
  { group: DISABLED, name: "sextant", role: "ours", setup: () => ours("error") },
  { group: DISABLED, name: "comparison", role: "floor", setup: comparison },
  { group: DISABLED, name: "pino 10.4", role: "rival", setup: () => pinoCase("error") },
  { group: DISABLED, name: "LogTape 2.4", role: "rival", setup: () => logTape("error") },
  { group: DIRECTED, name: "sextant", role: "ours", setup: directed },
  { group: DIRECTED, name: "comparison", role: "floor", setup: comparison },
  { group: CHILD, name: "sextant", role: "ours", setup: childLines },
  { group: CHILD, name: "pino 10.4", role: "rival", setup: pinoChildLines },
  {
    group: CREATION,
    name: "sextant",
    role: "ours",
    setup: children(() => createTelemetry({ service: "bench", sinks: [jsonLines()] }).log),
  },
  {
    group: CREATION,
    name: "pino 10.4",
    role: "rival",
    setup: children(() => pino({ base: { service: "bench" } }, { write: blackHole() })),
  },
];
