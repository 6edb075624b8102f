import { levelOfSeverity } from "../core/level.ts";
import type { LogRecord } from "../core/records.ts";
import { simpleText } from "../core/simple_text.ts";
import { boundTo } from "./logger.ts";

/**
 * JSON lines in the fewest bytes of code, with the names of `json`: `{"time","level","message",
 * "service",…,"trace_id","span_id",…fields}`. A field named like one of ours, `__proto__` or
 * `toJSON` is `fields.NAME`. What JSON can't hold is text: a bigint's digits, an error's name and
 * message. A value that can't be written harms none of its neighbours. `json` is quicker, and cuts
 * what is vast.
 */
export function tinyJson(record: LogRecord, service: string): string {
  const { span, scope, message, transactionId, eventName } = record;
  const all: Record<string, unknown> = {
    time: new Date(record.anchor.wallMs(record.monotonicMs)).toJSON(),
    level: levelOfSeverity(record.severity),
    message: message.toWellFormed(),
    service,
    logger: scope.name === service ? undefined : scope.name,
    trace_id: span?.traceId,
    span_id: span?.spanId,
    transaction_id: transactionId,
    event: eventName,
    // Taken, as a field of that name would be called.
    toJSON: undefined,
  };
  const fields = boundTo(record.bindings, record.fields);
  for (const name in fields) {
    let free = name;
    while (
      Object.hasOwn(all, free) || free === "__proto__" || (free !== name && free in fields)
    ) free = `fields.${free}`;
    let value = fields[name];
    try {
      value = nativeValue(name, value);
      // A replacer makes the native writer slow, and is needed only within an object.
      if (typeof value === "object") value = JSON.parse(JSON.stringify(value, nativeValue));
    } catch {
      // A circle, a getter or a toJSON that throws.
      value = simpleText(value);
    }
    all[free] = value;
  }
  return JSON.stringify(all);
}

/** What JSON has a form for; else text. */
function nativeValue(_name: string, value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  const isOther = typeof value === "bigint" || value instanceof Error ||
    (typeof value === "number" && !Number.isFinite(value));
  return isOther ? String(value) : value;
}
