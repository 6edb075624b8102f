import { simpleText } from "../core/simple_text.ts";
import { cutText } from "../core/value.ts";
import type { ValueWriter, WriteValue } from "./value_writer.ts";

/** Names are written from ready bytes; past this many different ones they are encoded each time. */
const MAX_CACHED_NAMES = 2048;
/** Longer text is faster through the platform's encoder than character by character. */
const ENCODE_INTO_FROM = 96;
const FIRST_SIZE = 65_536;
/** From here on a buffer grows by an eighth at a time. */
const SLOW_GROWTH = 524_288;
/** A name with its tags and a text up to these lengths make a KeyValue of at most 127 bytes. */
const SHORT_KEY = 50;
const SHORT_TEXT = 72;

/** Names found by where they are, before they are looked up by their text; a power of two. */
const RECENT = 64;

const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * A name ready to be written: its length and UTF-8, that of an attribute between its tags; in words
 * of four bytes, so that few stores copy it.
 */
interface Ready {
  readonly text: string | undefined;
  readonly length: number;
  readonly words: Int32Array;
}

const NOTHING: Ready = { text: undefined, length: 0, words: /* @__PURE__ */ new Int32Array(0) };

/** Names that come again and again. */
class ReadyNames {
  readonly #all = new Map<string, Ready>();
  readonly #recent: Ready[] = new Array(RECENT).fill(NOTHING);

  /** One that is ready, or made so by `write`; undefined when it is too long or one too many. */
  of(text: string, writer: ProtobufWriter, write: (text: string) => void): Ready | undefined {
    // Most names are the same object again, which is found sooner than a hash.
    const slot = (text.length * 5 + text.charCodeAt(text.length - 1)) & (RECENT - 1);
    const recent = this.#recent[slot];
    if (recent.text === text) return recent;
    let ready = this.#all.get(text);
    if (ready === undefined) {
      if (this.#all.size >= MAX_CACHED_NAMES || text.length > 256) return undefined;
      ready = writer.rehearse(text, write);
      this.#all.set(text, ready);
    }
    return this.#recent[slot] = ready;
  }
}

/**
 * Writes protobuf's wire format straight into one growing buffer.
 *
 * Lengths that are not known beforehand get one byte and are widened when they turn out larger
 * (protobuf encoding, "length-delimited records"), so that small messages are written once.
 * `buffer` and `view` are replaced when it grows: read them again after any call.
 */
export class ProtobufWriter implements ValueWriter {
  /** The bytes; valid up to {@linkcode ProtobufWriter.position}. */
  buffer: Uint8Array<ArrayBuffer>;
  /** The same memory, for fixed-width numbers. */
  view: DataView;
  /** Where the next byte goes. */
  position = 0;
  /** Characters of a text, bytes of a typed array, that a value may have. */
  textMax: number = Infinity;
  readonly #names = new ReadyNames();
  readonly #keys = new ReadyNames();
  readonly #writeName = (text: string): void => this.text(text);
  readonly #writeKey = (text: string): void => {
    this.byte(0x0a);
    this.text(text);
    this.byte(0x12);
  };

  readonly #writeOther: WriteValue;

  /** Starts with 64 KiB. */
  constructor(writeOther: WriteValue) {
    this.#writeOther = writeOther;
    this.buffer = new Uint8Array(FIRST_SIZE);
    this.view = new DataView(this.buffer.buffer);
  }

  /** Gives away the buffer and goes on in `next`, or in a new one as large as this. */
  replaceBuffer(next?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const full = this.buffer;
    this.buffer = next ?? new Uint8Array(full.length);
    this.view = new DataView(this.buffer.buffer);
    this.position = 0;
    return full;
  }

  /** Makes room for `byteCount` more bytes. */
  ensure(byteCount: number): void {
    if (this.position + byteCount <= this.buffer.length) return;
    const { length } = this.buffer;
    // A batch is sealed soon past its most bytes: twice as much room would wait in the queue unused.
    const size = Math.max(
      length + (length < SLOW_GROWTH ? length : length >> 3),
      this.position + byteCount,
    );
    const grown = new Uint8Array(size);
    grown.set(this.buffer.subarray(0, this.position));
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Leaves room for the length of a message that begins here; give the result to `close`. */
  open(): number {
    this.ensure(1);
    return ++this.position;
  }

  /** As `open`, for a message that is mostly of 128 bytes to 16 KiB; end it with `closeWide`. */
  openWide(): number {
    this.ensure(2);
    return this.position += 2;
  }

  /** Writes the length of the message that was opened wide at `start`. */
  closeWide(start: number): void {
    const length = this.position - start;
    if (length < 128 || length > 16383) {
      // Moves it to where `open` would have put it, and goes on as that does.
      this.buffer.copyWithin(start - 1, start, this.position);
      this.position--;
      this.close(start - 1);
      return;
    }
    this.buffer[start - 2] = (length & 127) | 128;
    this.buffer[start - 1] = length >>> 7;
  }

  /** Writes the length of the message that was opened at `start`. */
  close(start: number): void {
    const length = this.position - start;
    if (length < 128) {
      this.buffer[start - 1] = length;
      return;
    }
    // The length is written behind the message, and changes places with it.
    const end = this.position;
    this.varint(length);
    const head = this.buffer.slice(end, this.position--);
    this.buffer.copyWithin(start - 1 + head.length, start, end);
    this.buffer.set(head, start - 1);
  }

  /** Writes a message behind its tag, where a call more doesn't matter. */
  message(tag: number, fill: () => void): void {
    this.byte(tag);
    const start = this.open();
    fill();
    this.close(start);
  }

  /** Writes a byte: a tag, a small number. */
  byte(value: number): void {
    this.ensure(1);
    this.buffer[this.position++] = value;
  }

  /** Writes a length below 2^28 at `at`, in four bytes however small it is. */
  paddedLength(at: number, length: number): void {
    this.view.setUint32(
      at,
      (length & 127) | (length << 1 & 0x7f00) | (length << 2 & 0x7f0000) |
        (length << 3 & 0x7f000000) | 0x808080,
      true,
    );
  }

  /** Writes a varint of an unsigned integer below 2^53. */
  varint(value: number): void {
    this.ensure(10);
    while (value > 0x7fffffff) {
      this.buffer[this.position++] = (value % 128) | 128;
      value = Math.floor(value / 128);
    }
    while (value > 127) {
      this.buffer[this.position++] = (value & 127) | 128;
      value >>>= 7;
    }
    this.buffer[this.position++] = value;
  }

  /** Writes a varint of an int64 that no double can hold. */
  varintBig(value: bigint): void {
    this.ensure(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 127n) {
      this.buffer[this.position++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    this.buffer[this.position++] = Number(rest);
  }

  /** Writes four bytes, big-endian, as ids are written. */
  int32(value: number): void {
    this.view.setInt32(this.position, value);
    this.position += 4;
  }

  /** Writes a name that comes again and again: length and UTF-8, from ready bytes. */
  name(text: string): void {
    const name = this.#names.of(text, this, this.#writeName);
    if (name === undefined) return this.text(text);
    this.ensure(name.length + 3);
    this.#copy(name.words, this.position);
    this.position += name.length;
  }

  /** Copies whole words, up to three bytes too many, which what follows overwrites. */
  #copy(words: Int32Array, start: number): void {
    const { view } = this;
    for (let index = 0; index < words.length; index++) {
      view.setInt32(start + 4 * index, words[index], true);
    }
  }

  /** What `write` writes, kept instead of written. */
  rehearse(text: string, write: (text: string) => void): Ready {
    const start = this.position;
    write(text);
    const length = this.position - start;
    this.position = start;
    this.ensure(length + 3);
    const words = new Int32Array((length + 3) >> 2);
    for (let index = 0; index < words.length; index++) {
      words[index] = this.view.getInt32(start + 4 * index, true);
    }
    return { text, length, words };
  }

  /** Writes text: length and UTF-8; a lone surrogate becomes U+FFFD. */
  text(text: string): void {
    const length = text.length;
    if (length < ENCODE_INTO_FROM) {
      this.ensure(length + 1);
      const start = this.position;
      const buffer = this.buffer;
      let position = start;
      buffer[position++] = length;
      let index = 0;
      for (; index < length; index++) {
        const code = text.charCodeAt(index);
        if (code > 127) break;
        buffer[position++] = code;
      }
      if (index === length) {
        this.position = position;
        return;
      }
    }
    this.#encodeText(text);
  }

  #encodeText(text: string): void {
    this.ensure(text.length * 3 + 5);
    const start = this.open();
    this.position += encoder.encodeInto(text, this.buffer.subarray(start)).written;
    this.close(start);
  }

  /** Writes one KeyValue of OTLP behind its `tag`. */
  attribute(tag: number, key: string, value: unknown): void {
    const ready = this.#keys.of(key, this, this.#writeKey);
    if (ready === undefined || !this.#shortAttribute(tag, ready, value)) {
      this.#longAttribute(tag, key, value);
    }
  }

  #longAttribute(tag: number, key: string, value: unknown): void {
    this.message(tag, () => {
      this.byte(0x0a);
      this.text(key);
      this.message(0x12, () => this.anyValue(value));
    });
  }

  /**
   * Writes an attribute whose lengths all fit into one byte, which most do, in one go. Gives false,
   * with nothing written, for any other.
   */
  #shortAttribute(tag: number, { length, words }: Ready, value: unknown): boolean {
    if (length > SHORT_KEY) return false;
    this.ensure(SHORT_KEY + SHORT_TEXT + 12);
    const { position, view, buffer } = this;
    this.#copy(words, position + 2);
    let at = position + 2 + length;
    if (typeof value === "string") {
      const size = value.length;
      if (size > SHORT_TEXT) return false;
      // Three bytes, and a fourth that the first character overwrites.
      view.setUint32(at, (size + 2) | 0x0a00 | size << 16, true);
      at += 3;
      for (let index = 0; index < size; index++) {
        const code = value.charCodeAt(index);
        if (code > 127) return false;
        buffer[at++] = code;
      }
    } else if (typeof value === "number") {
      if ((value | 0) !== value || value < 0 || Object.is(value, -0)) return false;
      const valueAt = at++;
      buffer[at++] = 0x18;
      let rest = value;
      while (rest > 127) {
        buffer[at++] = (rest & 127) | 128;
        rest >>>= 7;
      }
      buffer[at++] = rest;
      buffer[valueAt] = at - valueAt - 1;
    } else if (typeof value === "boolean") {
      view.setUint32(at, value ? 0x11002 : 0x1002, true);
      at += 3;
    } else return false;
    view.setUint16(position, tag | (at - position - 2) << 8, true);
    this.position = at;
    return true;
  }

  /** Writes the fields of an AnyValue of OTLP; an empty one stands for null. */
  anyValue(value: unknown): void {
    if (typeof value === "string") {
      this.byte(0x0a);
      this.text(cutText(value, this.textMax));
    } else if (typeof value === "number") this.number(value);
    else if (typeof value === "boolean") this.boolean(value);
    else if (value !== undefined && value !== null) this.#writeOther(this, value);
  }

  /** Writes the field of an AnyValue that is a boolean. */
  boolean(value: boolean): void {
    this.byte(0x10);
    this.byte(Number(value));
  }

  /** Writes the field of an AnyValue that is a number: an integer where it is one. */
  number(value: number): void {
    if (Number.isInteger(value) && Math.abs(value) < 9007199254740992 && !Object.is(value, -0)) {
      this.byte(0x18);
      if (value >= 0) this.varint(value);
      else this.varintBig(BigInt(value));
      return;
    }
    this.ensure(9);
    this.buffer[this.position] = 0x21;
    this.view.setFloat64(this.position + 1, value, true);
    this.position += 9;
  }
}

/** Writes a list with its scalars, and any other value as text. */
export const asText: WriteValue = (writer, value) => {
  if (!Array.isArray(value)) return writer.anyValue(simpleText(value));
  writer.message(0x2a, () => {
    for (const item of value) {
      writer.message(0x0a, () => writer.anyValue(Object(item) === item ? simpleText(item) : item));
    }
  });
};
