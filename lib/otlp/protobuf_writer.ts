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
/** Wherever room is made there is room for so many bytes more: what is small makes none itself. */
const SLACK = 64;
/** A name with its length, and a text, up to these lengths make a KeyValue of at most 127 bytes. */
const SHORT_KEY = 48;
const SHORT_TEXT = 72;

/** Names found by where they are, before they are looked up by their text; a power of two. */
const RECENT = 128;

const encoder = /* @__PURE__ */ new TextEncoder();

/** A name ready to be written: length and UTF-8, in words of four bytes: few stores copy it. */
interface Ready {
  readonly text: string;
  readonly length: number;
  readonly words: Int32Array;
}

/**
 * Writes protobuf's wire format straight into one growing buffer.
 *
 * Lengths that are not known beforehand get one byte and are widened when they turn out larger
 * (protobuf encoding, "length-delimited records"), so that small messages are written once.
 * `buffer` and `view` are replaced when it grows: read them again after any call. Every call that
 * writes a length leaves room for 64 bytes behind it: for what is of a fixed width.
 */
export class ProtobufWriter implements ValueWriter {
  /** The bytes; valid up to {@linkcode ProtobufWriter.position}. */
  declare buffer: Uint8Array<ArrayBuffer>;
  /** The same memory, for fixed-width numbers. */
  declare view: DataView;
  /** Where the next byte goes. */
  position = 0;
  /** Characters of a text, bytes of a typed array, that a value may have. */
  textMax: number = Infinity;
  /** Names that come again and again. */
  readonly #names = new Map<string, Ready>();
  readonly #recent: (Ready | undefined)[] = new Array(RECENT).fill(undefined);
  readonly #writeOther: WriteValue;

  /** Starts with 64 KiB. */
  constructor(writeOther: WriteValue) {
    this.#writeOther = writeOther;
    this.#use(new Uint8Array(FIRST_SIZE));
  }

  #use(buffer: Uint8Array<ArrayBuffer>): void {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer);
  }

  /** Gives away the buffer and goes on in `next`, or in a new one as large as this. */
  replaceBuffer(next?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const full = this.buffer;
    this.#use(next ?? new Uint8Array(full.length));
    this.position = 0;
    return full;
  }

  /** Makes room for `byteCount` more bytes, and 64. */
  ensure(byteCount: number): void {
    const { buffer, position } = this;
    const { length } = buffer;
    const needed = position + byteCount + SLACK;
    if (needed <= length) return;
    // A batch is sealed soon past its most bytes: twice as much room would wait in the queue unused.
    this.#use(
      new Uint8Array(Math.max(length + (length < SLOW_GROWTH ? length : length >> 3), needed)),
    );
    this.buffer.set(buffer.subarray(0, position));
  }

  /**
   * Leaves room for the length of a message that begins here; give the result to `close`. `width`
   * is how many bytes that length is expected to have: 2 for 128 bytes to 16 KiB.
   */
  open(width = 1): number {
    this.ensure(width);
    return this.position += width;
  }

  /**
   * Writes the length of the message that was opened at `start`, in `bytes` bytes: as few as may
   * be, unless that is said.
   */
  close(start: number, width = 1, bytes?: number): void {
    let length = this.position - start;
    // As many groups of seven bits as there are.
    const size = bytes ?? (38 - Math.clz32(length | 1)) / 7 | 0;
    if (size !== width) {
      this.ensure(size);
      this.buffer.copyWithin(start - width + size, start, this.position);
      this.position += size - width;
    }
    const { buffer } = this;
    let at = start - width;
    for (const last = at + size - 1; at < last; length >>>= 7) buffer[at++] = length | 0x80;
    buffer[at] = length;
  }

  /** Writes a message behind its tag, where a call more doesn't matter. */
  message(tag: number, fill: () => void): void {
    this.tag(tag);
    const start = this.open();
    fill();
    this.close(start);
  }

  /** Writes a byte: a tag, a small number. */
  byte(value: number): void {
    this.ensure(1);
    this.tag(value);
  }

  /** The same where there is room. */
  tag(value: number): void {
    this.buffer[this.position++] = value;
  }

  /** Writes a varint of an integer within 2^53 of 0; a negative one is an int64 of ten bytes. */
  varint(value: number): void {
    this.ensure(10);
    const { buffer } = this;
    for (const last = this.position + 9; value > 127 || value < 0 && this.position < last;) {
      buffer[this.position++] = value & 127 | 0x80;
      value = Math.floor(value / 128);
    }
    buffer[this.position++] = value & (value < 0 ? 1 : 127);
  }

  /** Writes a varint behind its tag, unless it is 0, which is the default. */
  count(tag: number, value: number): void {
    if (!value) return;
    this.tag(tag);
    this.varint(value);
  }

  /** Writes four bytes, big-endian, as ids are written. Makes no room. */
  int32(value: number): void {
    this.view.setInt32(this.position, value);
    this.position += 4;
  }

  /** Writes a double behind its tag. */
  double(tag: number, value: number): void {
    this.tag(tag);
    this.rawDouble(value);
  }

  /** Writes the eight bytes of a double. */
  rawDouble(value: number): void {
    this.ensure(8);
    this.view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  /** Writes a name that comes again and again behind its tag: length and UTF-8, from ready bytes. */
  name(tag: number, text: string): void {
    this.tag(tag);
    const ready = this.#ready(text);
    if (ready === undefined) return this.text(text);
    this.ensure(ready.length);
    this.#copy(ready, this.position);
    this.position += ready.length;
  }

  /** Copies whole words, up to three bytes too many, which what follows overwrites. */
  #copy({ words }: Ready, start: number): void {
    const { view } = this;
    for (let index = 0; index < words.length; index++) {
      view.setInt32(start + 4 * index, words[index], true);
    }
  }

  /** A name that is ready, or is made so; undefined when it is too long or one too many. */
  #ready(text: string): Ready | undefined {
    // Most names are the same object again, which is found sooner than a hash.
    const slot = (text.length * 5 + text.charCodeAt(text.length - 1)) & (RECENT - 1);
    const recent = this.#recent[slot];
    if (recent !== undefined && recent.text === text) return recent;
    let ready = this.#names.get(text);
    if (ready === undefined) {
      if (this.#names.size >= MAX_CACHED_NAMES || text.length > 256) return undefined;
      const start = this.position;
      this.text(text);
      const length = this.position - start;
      this.position = start;
      const words = new Int32Array((length + 3) >> 2);
      words.forEach((_, index) => words[index] = this.view.getInt32(start + 4 * index, true));
      this.#names.set(text, ready = { text, length, words });
    }
    return this.#recent[slot] = ready;
  }

  /** Writes text: length and UTF-8; a lone surrogate becomes U+FFFD. */
  text(text: string): void {
    const { length } = text;
    if (length < ENCODE_INTO_FROM) {
      this.ensure(length);
      const { buffer } = this;
      let at = this.position;
      buffer[at++] = length;
      let index = 0;
      for (; index < length; index++) {
        const code = text.charCodeAt(index);
        if (code > 127) break;
        buffer[at++] = code;
      }
      if (index === length) {
        this.position = at;
        return;
      }
    }
    this.#encodeText(text);
  }

  #encodeText(text: string): void {
    this.ensure(text.length * 3);
    const start = this.open();
    this.position += encoder.encodeInto(text, this.buffer.subarray(start)).written;
    this.close(start);
  }

  /** Writes one KeyValue of OTLP behind its `tag`. */
  attribute(tag: number, key: string, value: unknown): void {
    const ready = this.#ready(key);
    if (ready !== undefined && this.#shortAttribute(tag, ready, value)) return;
    this.#longAttribute(tag, key, value);
  }

  #longAttribute(tag: number, key: string, value: unknown): void {
    this.message(tag, () => {
      this.name(0x0a, key);
      this.message(0x12, () => this.anyValue(value));
    });
  }

  /**
   * Writes an attribute whose lengths all fit into one byte, which most do, in one go. Gives false,
   * with nothing written, for any other.
   */
  #shortAttribute(tag: number, ready: Ready, value: unknown): boolean {
    if (ready.length > SHORT_KEY) return false;
    this.ensure(SHORT_KEY + SHORT_TEXT);
    const { position, view, buffer } = this;
    this.#copy(ready, position + 3);
    let at = position + 3 + ready.length;
    if (typeof value === "string") {
      const size = value.length;
      if (size > SHORT_TEXT) return false;
      view.setUint32(at, 0x0a0012 | (size + 2) << 8 | size << 24, true);
      at += 4;
      for (let index = 0; index < size; index++) {
        const code = value.charCodeAt(index);
        if (code > 127) return false;
        buffer[at++] = code;
      }
    } else if (typeof value === "number") {
      if ((value | 0) !== value || value < 0 || Object.is(value, -0)) return false;
      buffer[at++] = 0x12;
      const sizeAt = at++;
      buffer[at++] = 0x18;
      let rest = value;
      while (rest > 127) {
        buffer[at++] = rest & 127 | 128;
        rest >>>= 7;
      }
      buffer[at++] = rest;
      buffer[sizeAt] = at - sizeAt - 1;
    } else if (typeof value === "boolean") {
      view.setUint32(at, value ? 0x1100212 : 0x100212, true);
      at += 4;
    } else return false;
    view.setUint16(position, tag | (at - position - 2) << 8, true);
    buffer[position + 2] = 0x0a;
    this.position = at;
    return true;
  }

  /** Writes the fields of an AnyValue of OTLP; an empty one stands for null. */
  anyValue(value: unknown): void {
    if (typeof value === "string") {
      this.tag(0x0a);
      this.text(cutText(value, this.textMax));
    } else if (typeof value === "number") this.number(value);
    else if (typeof value === "boolean") this.boolean(value);
    else if (value !== undefined && value !== null) this.#writeOther(this, value);
  }

  /** Writes the field of an AnyValue that is a boolean. */
  boolean(value: boolean): void {
    this.tag(0x10);
    this.byte(Number(value));
  }

  /** Writes the field of an AnyValue that is a number: an integer where it is one. */
  number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.tag(0x18);
      this.varint(value);
    } else this.double(0x21, value);
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
