import type { Carrier } from "./carrier.ts";

/** Who writes a context into a carrier: a `Telemetry`. */
export interface Sender<A> {
  /** Writes the entries; default those of what is active. */
  inject(carrier: Carrier, active?: A): void;
}

/** A message body with the context that it was sent in, for queues that carry bodies alone. */
export interface Envelope<B> {
  /** The form of the envelope. */
  readonly sextant: 1;
  /** The body as it was given. */
  readonly body: B;
  /** The entries of the propagation formats: `traceparent`, `tracestate`, `baggage`. */
  readonly [entry: string]: unknown;
}

/**
 * Puts a body and the context into an envelope: `queue.send(enclose(telemetry, order, span))`. For
 * queues whose messages are bodies alone, such as Cloudflare's.
 *
 * @param active The span to send from; default the active one.
 */
export function enclose<B, A>(sender: Sender<A>, body: B, active?: A): Envelope<B> {
  const entries: Record<string, unknown> = {};
  sender.inject(entries, active);
  return { ...entries, sextant: 1, body };
}

/** What {@linkcode openEnvelope} finds. */
export interface OpenedEnvelope {
  /** What `telemetry.extract` reads the context from; empty when there was no envelope. */
  readonly carrier: Record<string, unknown>;
  /** The body. */
  readonly body: unknown;
}

/** Opens an envelope. A message without one is its own body, so that older ones can still be read. */
export function openEnvelope(message: unknown): OpenedEnvelope {
  if (typeof message !== "object" || message === null || !Object.hasOwn(message, "sextant")) {
    return { carrier: {}, body: message };
  }
  const { sextant, body, ...carrier } = message as Record<string, unknown>;
  return sextant === 1 ? { carrier, body } : { carrier: {}, body: message };
}

/** Entries as a queue has them: how one is written. */
function entries(target: Record<string, unknown>, write: (text: string) => unknown): Carrier {
  const nameOf = (key: string) =>
    Object.keys(target).find((name) => name.toLowerCase() === key) ?? key;
  return {
    get: (key: string) => target[nameOf(key)],
    set: (key: string, text: string) => void (target[nameOf(key)] = write(text)),
    delete: (key: string) => void (delete target[nameOf(key)]),
  };
}

/**
 * Headers whose values are bytes, as AMQP and Kafka clients of many languages write and want them:
 * `telemetry.inject(byteHeaders(headers))`. Reading needs no such thing.
 */
export function byteHeaders(headers: Record<string, unknown>): Carrier {
  const encoder = new TextEncoder();
  return entries(headers, (text) => encoder.encode(text));
}

/**
 * The `MessageAttributes` of an SQS message, whose values have types:
 * `telemetry.inject(sqsAttributes(attributes))`. SQS takes ten of them at most. Reading needs no such
 * thing.
 */
export function sqsAttributes(attributes: Record<string, unknown>): Carrier {
  return entries(attributes, (text) => ({ DataType: "String", StringValue: text }));
}
