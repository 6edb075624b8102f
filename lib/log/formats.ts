import { levelOfSeverity } from "../core/level.ts";
import type { LogRecord } from "../core/records.ts";
import {
  cutText,
  jsonValue,
  MAX_NODES,
  MAX_TEXT,
  namesOf,
  ownValue,
  plainValue,
  truncation,
  valueAt,
} from "../core/value.ts";
import { isoTime } from "../core/iso_time.ts";
import { type JsonLines, jsonLinesOf } from "./json_line.ts";
import { safeText } from "./text.ts";

/** Writes a log line of a service as one line of text. */
export type LineFormat = (record: LogRecord, service: string) => string;

let lastService: string | undefined;
let lastLines: JsonLines;

/** The library's own JSON: `{"time","level","message","service",…,"trace_id","span_id",…fields}`. */
export function json(record: LogRecord, service: string): string {
  if (service !== lastService) {
    lastLines = jsonLinesOf(service);
    lastService = service;
  }
  return lastLines.log(record);
}

/**
 * logfmt: `time=… level=info service=orders msg="order placed" sku=tea`. Values that are not one word
 * are quoted, nested ones are JSON in quotes; the line is one line whatever is in it.
 */
export function logfmt(record: LogRecord, service: string): string {
  const own: Record<string, unknown> = {
    time: isoTime(epochOf(record)),
    level: levelOfSeverity(record.severity),
    service,
    msg: record.message,
    ...idsOf(record, "trace_id", "span_id"),
    transaction_id: record.transactionId,
    event: record.eventName,
  };
  const pairs = new Map<string, string>();
  for (const [key, value] of entriesOf(record, own)) {
    let name = logfmtKey(key);
    // Names that differ in signs alone.
    while (pairs.has(name)) name += "_";
    pairs.set(name, logfmtValue(value));
  }
  return Array.from(pairs, ([name, value]) => `${name}=${value}`).join(" ");
}

function logfmtKey(key: string): string {
  return safeText(key).replaceAll(/[\s="]/g, "_") || "_";
}

function logfmtValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w.:/@+-]+$/.test(text) ? text : safeText(JSON.stringify(text));
}

const PINO_LEVELS: Readonly<Record<string, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
};

/** As pino writes it: `{"level":30,"time":1700000000000,"name":"orders",…,"msg":"order placed"}`. */
export function pino(record: LogRecord, service: string): string {
  return textOf(record, {
    level: PINO_LEVELS[levelOfSeverity(record.severity)],
    time: Math.floor(epochOf(record)),
    name: service,
    ...idsOf(record, "trace_id", "span_id"),
    transaction_id: record.transactionId,
    err: errorOf(record, "type", "message", "stack"),
    msg: record.message,
  });
}

/** Elastic Common Schema 8.11, as its ecs-logging libraries write it. */
export function ecs(record: LogRecord, service: string): string {
  return textOf(record, {
    "@timestamp": isoTime(epochOf(record)),
    "log.level": levelOfSeverity(record.severity),
    message: record.message,
    "ecs.version": "8.11.0",
    "service.name": service,
    "log.logger": record.scope.name,
    ...idsOf(record, "trace.id", "span.id"),
    "event.action": record.eventName,
    "labels.transaction_id": record.transactionId,
    error: errorOf(record, "type", "message", "stack_trace"),
  });
}

const GCP_LEVELS: Readonly<Record<string, string>> = {
  trace: "DEBUG",
  debug: "DEBUG",
  info: "INFO",
  warn: "WARNING",
  error: "ERROR",
};

/** Google Cloud's structured logging; with a project, lines are found from their trace. */
export function gcp(project?: string): LineFormat {
  return (record, service) => {
    const { span } = record;
    const trace = span && (project ? `projects/${project}/traces/${span.traceId}` : span.traceId);
    return textOf(record, {
      severity: GCP_LEVELS[levelOfSeverity(record.severity)],
      time: isoTime(epochOf(record)),
      message: record.message,
      serviceContext: { service },
      "logging.googleapis.com/trace": trace,
      "logging.googleapis.com/spanId": span?.spanId,
      "logging.googleapis.com/trace_sampled": span?.isSampled,
      transaction_id: record.transactionId,
      stack_trace: ownValue(record.fields, "exception.stacktrace"),
    });
  };
}

/** Datadog's standard attributes. */
export function datadog(record: LogRecord, service: string): string {
  return textOf(record, {
    timestamp: isoTime(epochOf(record)),
    status: levelOfSeverity(record.severity),
    message: record.message,
    service,
    "dd.trace_id": record.span?.traceId,
    "dd.span_id": record.span && BigInt(`0x${record.span.spanId}`).toString(),
    "logger.name": record.scope.name,
    transaction_id: record.transactionId,
    error: errorOf(record, "kind", "message", "stack"),
  });
}

function epochOf(record: LogRecord): number {
  return record.anchor.wallMs(record.monotonicMs);
}

function idsOf({ span }: LogRecord, trace: string, own: string): Record<string, unknown> {
  // Named without a span too: no field passes for an id.
  return { [trace]: span?.traceId, [own]: span?.spanId };
}

/** The error of a line in a format's own names; undefined when it is about none. */
function errorOf(
  { fields }: LogRecord,
  type: string,
  message: string,
  stack: string,
): Record<string, unknown> | undefined {
  const given = ownValue(fields, "exception.type");
  if (given === undefined) return undefined;
  return {
    [type]: given,
    [message]: ownValue(fields, "exception.message"),
    [stack]: ownValue(fields, "exception.stacktrace"),
  };
}

function textOf(record: LogRecord, own: Record<string, unknown>): string {
  const entries = entriesOf(record, own).map(([key, value]) =>
    `${JSON.stringify(key)}:${JSON.stringify(value)}`
  );
  return `{${entries.join(",")}}`;
}

/** Says how many values were cut off or left out. */
const TRUNCATED = "truncated";

/**
 * Ours, then the fields: one named like one of ours becomes `fields.NAME`, so that no caller can
 * forge a level or come twice; of a logger's and a call's field of one name the call's is written.
 */
function entriesOf(record: LogRecord, own: Record<string, unknown>): [string, unknown][] {
  const before = truncation.count;
  const all = new Map<string, unknown>();
  for (const [key, value] of Object.entries(own)) {
    if (value !== undefined) all.set(key, jsonValue(plainValue(value, MAX_TEXT)));
  }
  const fields = new Map<string, unknown>();
  for (const source of [record.bindings, record.fields]) {
    for (const key of namesOf(source)) {
      const value = valueAt(source!, key);
      if (value === undefined) continue;
      if (fields.size < MAX_NODES) {
        fields.set(cutText(key.toWellFormed(), MAX_TEXT), jsonValue(plainValue(value, MAX_TEXT)));
      } else truncation.count++;
    }
  }
  for (const [key, value] of fields) {
    let name = key;
    // A name that a format does not write now may still be one of its own.
    while (Object.hasOwn(own, name) || name === TRUNCATED || (name !== key && fields.has(name))) {
      name = `fields.${name}`;
    }
    all.set(name, value);
  }
  const cuts = truncation.count - before;
  if (cuts > 0) all.set(TRUNCATED, cuts);
  return [...all];
}
