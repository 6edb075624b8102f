/** Where an AnyValue of OTLP is written: protobuf's wire format, byte by byte. */
export interface ValueWriter {
  /** Characters of a text, bytes of a typed array, that a value may have. */
  readonly textMax: number;
  /** The bytes; replaced when it grows: read it again after any call. */
  readonly buffer: Uint8Array<ArrayBuffer>;
  /** Where the next byte goes. */
  position: number;
  /** Makes room for so many more bytes. */
  ensure(byteCount: number): void;
  /** Writes a byte: a tag, a small number. */
  byte(value: number): void;
  /** Writes a varint of an integer within 2^53 of 0; a negative one is an int64 of ten bytes. */
  varint(value: number): void;
  /** Writes text: length and UTF-8. */
  text(text: string): void;
  /** Writes a message behind its tag. */
  message(tag: number, fill: () => void): void;
  /** Writes the field of an AnyValue that is a boolean. */
  boolean(value: boolean): void;
  /** Writes the field of an AnyValue that is a number. */
  number(value: number): void;
  /** Writes the fields of an AnyValue. */
  anyValue(value: unknown): void;
}

/** Writes a value that is neither text, a number nor a boolean as the fields of an AnyValue. */
export type WriteValue = (writer: ValueWriter, value: unknown) => void;
