/** What a reply says of records that were refused. */
export interface PartialSuccess {
  /** How many records were refused. */
  readonly rejected: number;
  /** Why, or a warning. */
  readonly message?: string;
}

/**
 * Reads the `partial_success` of an OTLP reply, protobuf or JSON (OTLP specification, "Partial
 * Success"). The messages of all signals have the same fields: `rejected_*` = 1, `error_message`
 * = 2. A reply that can't be read says nothing.
 */
export function readPartialSuccess(reply: Uint8Array, contentType: string): PartialSuccess {
  try {
    return contentType.includes("json") ? fromJson(reply) : fromProtobuf(reply);
  } catch {
    // The batch was accepted; a malformed afterthought changes nothing.
    return { rejected: 0 };
  }
}

function fromJson(reply: Uint8Array): PartialSuccess {
  const parsed: unknown = JSON.parse(new TextDecoder().decode(reply));
  const partial = field(parsed, "partialSuccess");
  const rejected = field(partial, "rejectedSpans") ?? field(partial, "rejectedLogRecords") ??
    field(partial, "rejectedDataPoints") ?? 0;
  return result(Number(rejected), String(field(partial, "errorMessage") ?? ""));
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function result(rejected: number, message: string): PartialSuccess {
  const count = Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0;
  return message === "" ? { rejected: count } : { rejected: count, message: message.slice(0, 512) };
}

function fromProtobuf(reply: Uint8Array): PartialSuccess {
  let rejected = 0;
  let message = "";
  for (const [outer, partial] of fields(reply)) {
    if (outer !== 1 || typeof partial === "number") continue;
    for (const [inner, value] of fields(partial)) {
      if (inner === 1 && typeof value === "number") rejected = value;
      if (inner === 2 && typeof value !== "number") message = new TextDecoder().decode(value);
    }
  }
  return result(rejected, message);
}

/** The varint and length-delimited fields of a message; throws at anything that isn't one. */
function* fields(bytes: Uint8Array): Generator<[number, number | Uint8Array]> {
  let position = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[position++];
      if (byte === undefined) throw new RangeError("protobuf ends within a varint");
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new RangeError("protobuf varint longer than ten bytes");
  };
  while (position < bytes.length) {
    const tag = varint();
    const type = tag & 7;
    if (type === 0) yield [Math.floor(tag / 8), varint()];
    else if (type === 2) {
      const length = varint();
      if (position + length > bytes.length) throw new RangeError("protobuf ends within a field");
      yield [Math.floor(tag / 8), bytes.subarray(position, position + length)];
      position += length;
    } else throw new RangeError(`protobuf field of type ${type} is not expected in a reply`);
  }
}
