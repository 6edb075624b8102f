/** Wire type 2: a length and so many bytes (protobuf, "Encoding"). */
const LENGTH_DELIMITED = 2;
/** From a request to its records: resource_spans, scope_spans, spans; logs have the same numbers. */
const PATH: readonly number[] = [1, 2, 2];

/**
 * How many spans, or log lines, an OTLP request in protobuf has. Walks over what lies above them and
 * decodes nothing, so that a sink can afford it.
 *
 * @throws {RangeError} When it is not protobuf.
 */
export function countRecords(body: Uint8Array): number {
  return countIn(body, 0, body.length, 0);
}

function countIn(body: Uint8Array, from: number, to: number, depth: number): number {
  let at = from;
  let count = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      if (at >= to) break;
      const byte = body[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError(`countRecords(): byte ${at} of ${body.length} is within no varint`);
  };
  while (at < to) {
    const tag = varint();
    const wire = tag & 7;
    if (wire === 0) varint();
    else if (wire === LENGTH_DELIMITED) {
      const end = varint() + at;
      if (end > to) throw new RangeError(`countRecords(): a field ends at ${end}, past ${to}`);
      if (Math.floor(tag / 8) === PATH[depth]) {
        count += depth === PATH.length - 1 ? 1 : countIn(body, at, end, depth + 1);
      }
      at = end;
    } else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else {throw new RangeError(
        `countRecords(): wire type ${wire} at byte ${at}, allowed are 0 to 5`,
      );}
  }
  return count;
}
