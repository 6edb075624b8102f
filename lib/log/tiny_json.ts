import { levelOfSeverity } from "../core/level.ts";
import type { LogRecord } from "../core/records.ts";
import { simpleText } from "../core/simple_text.ts";
import { namesOf, valueAt } from "../core/value.ts";

/**
 * JSON lines in the fewest bytes of code, with the names of `json`: `{"time","level","message",
 * "service",…,"trace_id","span_id",…fields}`. A field named like one of ours is `fields.NAME`. What
 * JSON can't hold is text: a bigint's digits, an error's name and message. A value that can't be
 * written harms none of its neighbours. `json` is quicker, and cuts what is vast.
 */
export function tinyJson(record: LogRecord, service: string): string {
  const { span, scope, message, transactionId, eventName } = record;
  const own: Record<string, unknown> = {
    time: new Date(record.anchor.wallMs(record.monotonicMs)),
    level: levelOfSeverity(record.severity),
    message,
    service,
    logger: scope.name === service ? undefined : scope.name,
    trace_id: span?.traceId,
    span_id: span?.spanId,
    transaction_id: transactionId,
    event: eventName,
  };
  const fields: Record<string, unknown> = Object.create(null);
  for (const source of [record.bindings, record.fields]) {
    for (const name of namesOf(source)) fields[name] = valueAt(source!, name);
  }
  // Without a prototype, as a field may be called `__proto__`.
  const line: Record<string, unknown> = Object.assign(Object.create(null), own);
  for (const name in fields) {
    let free = name;
    while (Object.hasOwn(own, free) || (free !== name && free in fields)) free = `fields.${free}`;
    line[free] = fields[name];
  }
  const texts: string[] = [];
  for (const [name, value] of Object.entries(line)) {
    const text = jsonOf(value);
    if (text !== undefined) texts.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${texts.join(",")}}`;
}

/** A value as JSON; undefined for undefined. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, nativeValue);
  } catch {
    // A circle, a getter or a toJSON that throws.
    return JSON.stringify(simpleText(value));
  }
}

/** What JSON has a form for; else text. */
function nativeValue(_name: string, value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  const isOther = typeof value === "bigint" || value instanceof Error ||
    (typeof value === "number" && !Number.isFinite(value));
  return isOther ? String(value) : value;
}
