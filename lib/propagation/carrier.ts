/** What headers or message metadata are written into and read from. */
export type Carrier =
  | Headers
  | Map<string, unknown>
  | [string, unknown][]
  | Record<string, unknown>;

/** A value that a header may not hold: it would begin another one. */
const UNSAFE = /[\r\n\0]/;

/**
 * Reads an entry: of Headers by any case, of the others by its lower-case name or any case of it.
 * Values may be text, bytes (AMQP, Kafka) or `{ StringValue }` (SQS); anything else is absent.
 * Never throws.
 */
export function getFrom(carrier: Carrier, key: string): string | undefined {
  try {
    if (carrier instanceof Headers) return carrier.get(key) ?? undefined;
    if (carrier instanceof Map) return textOf(carrier.get(key) ?? findIn(carrier, key));
    if (Array.isArray(carrier)) return textOf(findIn(carrier, key));
    if (Object.hasOwn(carrier, key)) return textOf(carrier[key]);
    return textOf(findIn(Object.entries(carrier), key));
  } catch {
    // A Proxy or getter of somebody's: as good as absent.
    return undefined;
  }
}

function findIn(entries: Iterable<[string, unknown]>, key: string): unknown {
  const lower = key.toLowerCase();
  for (const [name, value] of entries) {
    if (typeof name === "string" && name.toLowerCase() === lower) return value;
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value)) return value.length === 1 ? textOf(value[0]) : undefined;
  if (typeof value === "object" && value !== null && "StringValue" in value) {
    return typeof value.StringValue === "string" ? value.StringValue : undefined;
  }
  return undefined;
}

/** Writes an entry, in place of one of the same name. A value with CR, LF or NUL is not written. */
export function setOn(carrier: Carrier, key: string, value: string): void {
  if (UNSAFE.test(value)) return;
  if (carrier instanceof Headers) carrier.set(key, value);
  else if (carrier instanceof Map) carrier.set(key, value);
  else if (Array.isArray(carrier)) {
    const at = carrier.findIndex(([name]) => name.toLowerCase() === key);
    if (at >= 0) carrier[at] = [key, value];
    else carrier.push([key, value]);
  } else {
    Object.defineProperty(carrier, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
}
