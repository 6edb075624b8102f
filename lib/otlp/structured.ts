import { type PlainValue, plainValue } from "../core/value.ts";
import type { ValueWriter } from "./value_writer.ts";

/**
 * Writes any value as an AnyValue of OTLP: maps, lists, bytes, however deep. Without it
 * `otlpTracesTo` and its like write what is neither scalar nor a list of scalars as text.
 */
export function structured(writer: ValueWriter, value: unknown): void {
  writePlain(writer, plainValue(value, writer.textMax));
}

function writePlain(writer: ValueWriter, value: PlainValue): void {
  if (value === null) return;
  if (typeof value === "string") {
    // Cut already.
    writer.byte(0x0a);
    writer.text(value);
  } else if (typeof value === "number") writer.number(value);
  else if (typeof value === "boolean") writer.boolean(value);
  else if (typeof value === "bigint") {
    writer.byte(0x18);
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) writer.byte(Number(rest & 127n) | 0x80);
    writer.byte(Number(rest));
  } else if (value instanceof Uint8Array) {
    writer.byte(0x3a);
    writer.varint(value.length);
    writer.ensure(value.length);
    writer.buffer.set(value, writer.position);
    writer.position += value.length;
  } else if (Array.isArray(value)) {
    writer.message(0x2a, () => {
      for (const item of value) writer.message(0x0a, () => writePlain(writer, item));
    });
  } else {
    writer.message(0x32, () => {
      for (const [key, item] of value as ReadonlyMap<string, PlainValue>) {
        writer.message(0x0a, () => {
          writer.byte(0x0a);
          writer.text(key);
          writer.message(0x12, () => writePlain(writer, item));
        });
      }
    });
  }
}
