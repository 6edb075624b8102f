import { Buffer } from "node:buffer";

/** A length-delimited field as {@linkcode ProtobufReader.tag} gives it. */
export const LENGTH = 2;
const GROUP_DEPTH_MAX = 32;
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads protobuf where it lies: texts are parts of one text of the whole body, and no object is made
 * for a message. Each method that reads moves on; what is malformed throws.
 */
export class ProtobufReader {
  /** Where it reads. */
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #latin: string;
  #hex: string | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#latin = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
      .toString("latin1");
  }

  /** Bytes of the body. */
  get length(): number {
    return this.#bytes.length;
  }

  /** A tag: the field's number times eight, and its wire type. */
  tag(end: number): number {
    const tag = this.varint(end);
    if (tag < 8 || tag > 0xffff_ffff) throw new RangeError(`tag ${tag} at byte ${this.at}`);
    return tag;
  }

  /** A whole number without a sign; exact to 53 bits, which is that of seven bytes at least. */
  varint(end: number): number {
    let byte = this.#byte(end);
    if (byte < 128) return byte;
    let value = byte & 127;
    let weight = 128;
    for (let index = 1; index < 10; index++) {
      byte = this.#byte(end);
      value += (byte & 127) * weight;
      if (byte < 128) return value;
      weight *= 128;
    }
    throw new RangeError(`number of more than ten bytes at byte ${this.at}`);
  }

  /** A whole number of 32 bits with its sign, as enumerations are. */
  int32(end: number): number {
    const from = this.at;
    const value = this.varint(end);
    if (value < 2 ** 31) return value;
    this.at = from;
    return Number(BigInt.asIntN(32, this.int64(end)));
  }

  /** A whole number of 64 bits with its sign. */
  int64(end: number): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte(end);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(64, value);
    }
    throw new RangeError(`number of more than ten bytes at byte ${this.at}`);
  }

  /** A fixed64 as SQLite holds it: with a sign. */
  fixed64(end: number): bigint {
    this.#forward(8, end);
    return this.#view.getBigInt64(this.at - 8, true);
  }

  /** A double. */
  double(end: number): number {
    this.#forward(8, end);
    return this.#view.getFloat64(this.at - 8, true);
  }

  /** Where the message ends that begins here. */
  message(end: number): number {
    const length = this.varint(end);
    if (!(this.at + length <= end)) throw new RangeError(`${length} bytes at byte ${this.at}`);
    return this.at + length;
  }

  /** Bytes, as they are in the body. */
  bytes(end: number): Uint8Array {
    const last = this.message(end);
    const found = this.#bytes.subarray(this.at, last);
    this.at = last;
    return found;
  }

  /** An id of so many bytes as hex digits. */
  id(bytes: number, name: string, end: number): string {
    const last = this.message(end);
    const length = last - this.at;
    if (length !== bytes) {
      throw new TypeError(`OTLP: ${name} is ${length} bytes of hex, allowed are ${bytes}`);
    }
    this.#hex ??= this.#bytes.toHex();
    const hex = this.#hex.slice(this.at * 2, last * 2);
    this.at = last;
    return hex;
  }

  /** Text. */
  text(end: number): string {
    const last = this.message(end);
    const from = this.at;
    this.at = last;
    const bytes = this.#bytes;
    for (let index = from; index < last; index++) {
      if (bytes[index] > 126) return UTF8.decode(bytes.subarray(from, last));
    }
    return this.#latin.slice(from, last);
  }

  /** Text as JSON, with its quotes. */
  jsonText(end: number): string {
    const last = this.message(end);
    const from = this.at;
    this.at = last;
    const bytes = this.#bytes;
    for (let index = from; index < last; index++) {
      const byte = bytes[index];
      // Not plain ASCII, or an escape: " or \.
      if (byte < 32 || byte > 126 || byte === 34 || byte === 92) {
        return JSON.stringify(UTF8.decode(bytes.subarray(from, last)));
      }
    }
    return `"${this.#latin.slice(from, last)}"`;
  }

  /** Leaves out the value of a field that isn't known. */
  skip(tag: number, end: number, depth = 0): void {
    switch (tag & 7) {
      case 0:
        this.varint(end);
        return;
      case 1:
        return this.#forward(8, end);
      case LENGTH:
        this.at = this.message(end);
        return;
      case 3:
        if (depth === GROUP_DEPTH_MAX) throw new RangeError("groups within groups");
        for (let inner = this.tag(end); (inner & 7) !== 4; inner = this.tag(end)) {
          this.skip(inner, end, depth + 1);
        }
        return;
      case 5:
        return this.#forward(4, end);
      default:
        throw new RangeError(`wire type ${tag & 7} at byte ${this.at}`);
    }
  }

  #byte(end: number): number {
    if (this.at >= end) throw new RangeError(`ends too early, at byte ${this.at}`);
    return this.#bytes[this.at++];
  }

  #forward(bytes: number, end: number): void {
    if (this.at + bytes > end) throw new RangeError(`ends too early, at byte ${this.at}`);
    this.at += bytes;
  }
}
