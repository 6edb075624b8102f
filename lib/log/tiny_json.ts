import { levelOfSeverity } from "../core/level.ts";
import type { LogRecord } from "../core/records.ts";
import { simpleText } from "../core/simple_text.ts";
import { boundTo } from "./logger.ts";

/**
 * JSON lines in the fewest bytes of code, with the names of `json`: `{"time","level","message",
 * "service",…,"trace_id","span_id",…fields}`. A field named like one of ours is `fields.NAME`. What
 * JSON can't hold is text: a bigint's digits, an error's name and message. A value that can't be
 * written harms none of its neighbours. `json` is quicker, and cuts what is vast.
 */
export function tinyJson(record: LogRecord, service: string): string {
  const { span, scope, message, transactionId, eventName } = record;
  // Without a prototype, as a field may be called `__proto__`.
  const own: Record<string, unknown> = {
    __proto__: null,
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
  const fields = boundTo(record.bindings, record.fields);
  let text = "";
  const put = (name: string, value: unknown) => {
    let json: string | undefined;
    try {
      json = JSON.stringify(value, nativeValue);
    } catch {
      // A circle, a getter or a toJSON that throws.
      json = JSON.stringify(simpleText(value));
    }
    if (json) text += `,${JSON.stringify(name)}:${json}`;
  };
  for (const name in own) put(name, own[name]);
  for (const name in fields) {
    let free = name;
    while (free in own || (free !== name && free in fields)) free = `fields.${free}`;
    put(free, fields[name]);
  }
  return `{${text.slice(1)}}`;
}

/** What JSON has a form for; else text. */
function nativeValue(_name: string, value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  const isOther = typeof value === "bigint" || value instanceof Error ||
    (typeof value === "number" && !Number.isFinite(value));
  return isOther ? String(value) : value;
}
