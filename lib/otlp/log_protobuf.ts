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
import { TRANSACTION_ATTRIBUTE, writeTime, writeTraceId } from "./span_protobuf.ts";

const SEVERITY_TEXTS: Readonly<Record<Level, string>> = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO",
  warn: "WARN",
  error: "ERROR",
  off: "",
};

/** Fixed-width fields: times 18, severity 2, flags 5, ids 18 + 10. */
const FIXED_BYTES = 64;

/**
 * Writes a log record as field 2 of ScopeLogs (opentelemetry-proto, `logs/v1/logs.proto`, message
 * LogRecord). What is observed and what happened are at the same time here.
 */
export function writeLog(writer: ProtobufWriter, record: LogRecord): void {
  writer.ensure(FIXED_BYTES);
  writer.buffer[writer.position++] = 0x12;
  const start = writer.openWide();
  const cutsBefore = truncation.count;
  writer.textMax = MAX_TEXT;
  const timeAt = writer.position + 1;
  writeTime(writer, 0x09, record.anchor, record.monotonicMs);
  writer.buffer[writer.position++] = 0x10;
  writer.buffer[writer.position++] = record.severity;
  writer.buffer[writer.position++] = 0x1a;
  writer.name(SEVERITY_TEXTS[levelOfSeverity(record.severity)]);
  writer.ensure(2);
  writer.buffer[writer.position++] = 0x2a;
  const body = writer.open();
  writer.anyValue(record.message);
  writer.close(body);
  writeFields(writer, record);
  const cuts = truncation.count - cutsBefore;
  if (cuts > 0) writer.attribute(0x32, TRUNCATED_ATTRIBUTE, cuts);
  writer.ensure(FIXED_BYTES);
  const span = record.span;
  if (span !== undefined) {
    writer.buffer[writer.position] = 0x45;
    writer.view.setUint32(writer.position + 1, span.traceFlags, true);
    writer.position += 5;
    writer.buffer[writer.position++] = 0x4a;
    writer.buffer[writer.position++] = 16;
    writeTraceId(writer, span);
    writer.buffer[writer.position++] = 0x52;
    writer.buffer[writer.position++] = 8;
    writer.int32(span.s0);
    writer.int32(span.s1);
  }
  // Observed when it happened: the same eight bytes.
  writer.buffer[writer.position++] = 0x59;
  const { view } = writer;
  view.setUint32(writer.position, view.getUint32(timeAt));
  view.setUint32(writer.position + 4, view.getUint32(timeAt + 4));
  writer.position += 8;
  if (record.eventName !== undefined) {
    writer.ensure(1);
    writer.buffer[writer.position++] = 0x62;
    writer.name(record.eventName);
  }
  writer.closeWide(start);
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
