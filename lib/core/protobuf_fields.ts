/**
 * The fields of a protobuf message: number, and its varint or bytes. Throws at a message that ends
 * within a field, and at a field that is of neither kind.
 */
export function* protobufFields(bytes: Uint8Array): Generator<[number, number | Uint8Array]> {
  let at = 0;
  const varint = () => {
    let value = 0, unit = 1, byte;
    do {
      byte = bytes[at++];
      value += (byte & 127) * unit;
      unit *= 128;
    } while (byte > 127);
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const value = varint();
    const type = tag % 8;
    const content = type ? bytes.subarray(at, at += value) : value;
    if (type && type !== 2 || at > bytes.length) throw new RangeError("malformed protobuf");
    yield [(tag - type) / 8, content];
  }
}
