import { type Level, levelOfSeverity } from "../core/level.ts";
import type { LogRecord } from "../core/records.ts";
import {
  MAX_NODES,
  MAX_TEXT,
  namesOf,
  TRUNCATED_ATTRIBUTE,
  truncation,
  valueAt,
} from "../core/value.ts";
import type { ProtobufWriter } from "./protobuf_writer.ts";
import { TRANSACTION_ATTRIBUTE, writeIds, writeTime } from "./span_protobuf.ts";

const SEVERITY_TEXTS: Readonly<Record<Level, string>> = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO",
  warn: "WARN",
  error: "ERROR",
  off: "",
};

/**
 * Writes a log record as field 2 of ScopeLogs (opentelemetry-proto, `logs/v1/logs.proto`, message
 * LogRecord). What is observed and what happened are at the same time here.
 */
export function writeLog(writer: ProtobufWriter, record: LogRecord): void {
  writer.tag(0x12);
  const start = writer.open(2);
  const cutsBefore = truncation.count;
  writer.textMax = MAX_TEXT;
  const timeAt = writer.position + 1;
  writeTime(writer, 0x09, record.anchor, record.monotonicMs);
  writer.count(0x10, record.severity);
  writer.name(0x1a, SEVERITY_TEXTS[levelOfSeverity(record.severity)]);
  writer.tag(0x2a);
  const body = writer.open();
  writer.anyValue(record.message);
  writer.close(body);
  writeFields(writer, record);
  const cuts = truncation.count - cutsBefore;
  if (cuts > 0) writer.attribute(0x32, TRUNCATED_ATTRIBUTE, cuts);
  const { span, eventName } = record;
  if (span !== undefined) {
    writer.tag(0x45);
    writer.view.setUint32(writer.position, span.traceFlags, true);
    writer.position += 4;
    writeIds(writer, 0x4a, 0x52, span);
  }
  // Observed when it happened: the same eight bytes.
  writer.tag(0x59);
  writer.int32(writer.view.getInt32(timeAt));
  writer.int32(writer.view.getInt32(timeAt + 4));
  if (eventName !== undefined) writer.name(0x62, eventName);
  writer.close(start, 2);
}

function writeFields(writer: ProtobufWriter, { bindings, fields, transactionId }: LogRecord): void {
  const names = namesOf(fields);
  if (bindings !== undefined) writeSource(writer, bindings, namesOf(bindings), names);
  if (fields !== undefined) writeSource(writer, fields, names, NO_NAMES);
  if (transactionId !== undefined) {
    writer.attribute(0x32, TRANSACTION_ATTRIBUTE, transactionId);
  }
}

const NO_NAMES: readonly string[] = [];

/** Own names alone, but for ours and those that come again later. */
function writeSource(
  writer: ProtobufWriter,
  source: Readonly<Record<string, unknown>>,
  names: readonly string[],
  later: readonly string[],
): void {
  const most = Math.min(names.length, MAX_NODES);
  truncation.count += names.length - most;
  for (let index = 0; index < most; index++) {
    const name = names[index];
    if (name === TRANSACTION_ATTRIBUTE || name === TRUNCATED_ATTRIBUTE) continue;
    if (later.length > 0 && later.includes(name)) continue;
    const value = valueAt(source, name);
    if (value !== undefined) writer.attribute(0x32, name, value);
  }
}
