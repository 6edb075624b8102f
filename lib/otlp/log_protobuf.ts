import { levelOfSeverity } from "../core/level.ts";
import type { LogRecord } from "../core/records.ts";
import type { ProtobufWriter } from "./protobuf_writer.ts";
import {
  TRANSACTION_ATTRIBUTE,
  writeAttributes,
  writeTime,
  writeTraceId,
} from "./span_protobuf.ts";

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
  writeTime(writer, 0x09, record.anchor, record.monotonicMs);
  writer.buffer[writer.position++] = 0x10;
  writer.buffer[writer.position++] = record.severity;
  writer.buffer[writer.position++] = 0x1a;
  writer.name(levelOfSeverity(record.severity).toUpperCase());
  writer.ensure(2);
  writer.buffer[writer.position++] = 0x2a;
  const body = writer.open();
  writer.anyValue(record.message);
  writer.close(body);
  writeFields(writer, record);
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
  writeTime(writer, 0x59, record.anchor, record.monotonicMs);
  if (record.eventName !== undefined) {
    writer.ensure(1);
    writer.buffer[writer.position++] = 0x62;
    writer.name(record.eventName);
  }
  writer.closeWide(start);
}

function writeFields(writer: ProtobufWriter, record: LogRecord): void {
  const { bindings, fields } = record;
  if (bindings !== undefined) {
    for (const key in bindings) {
      if (key === TRANSACTION_ATTRIBUTE) continue;
      if (fields !== undefined && Object.hasOwn(fields, key)) continue;
      if (bindings[key] !== undefined) writer.attribute(0x32, key, bindings[key]);
    }
  }
  if (fields !== undefined) writeAttributes(writer, 0x32, fields);
  if (record.transactionId !== undefined) {
    writer.attribute(0x32, TRANSACTION_ATTRIBUTE, record.transactionId);
  }
}
