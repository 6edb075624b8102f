/**
 * The fields of a protobuf message: number, and its varint or bytes. Throws at a message that ends
 * within a field, and at a field that is of neither kind.
 */
export function* protobufFields(bytes: Uint8Array): Generator<[number, number | Uint8Array]> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let unit = 1;; unit *= 128) {
      const byte = bytes[at++];
      // Ten bytes at most; past the end there is none.
      if (!(byte >= 0) || unit > 1e20) throw new RangeError("malformed protobuf");
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const value = varint();
    if (tag % 8 === 0) yield [tag / 8, value];
    else {
      const content = bytes.subarray(at, at += value);
      if (tag % 8 !== 2 || at > bytes.length) throw new RangeError("malformed protobuf");
      yield [(tag - 2) / 8, content];
    }
  }
}
