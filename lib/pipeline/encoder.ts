/** A request ready to be sent. */
export interface EncodedBatch {
  /** The body. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** How many records it holds. */
  readonly count: number;
  /** It is delivered or dropped, and its memory given back: call it once, when nothing reads it any more. */
  done(): void;
}

/** A part of a request, itself a request. */
export interface RequestPart {
  /** The body. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** How many records it holds. */
  readonly count: number;
}

/** Halves a request by its records; nothing when it holds a single one. */
export type Split = (body: Uint8Array<ArrayBuffer>) => readonly RequestPart[];

/** Writes records of one signal into batches. */
export interface BatchEncoder<R> {
  /** The media type of a batch. */
  readonly contentType: string;
  /** Records in the open batch. */
  readonly count: number;
  /** Bytes of the open batch so far. */
  readonly sizeBytes: number;
  /**
   * Writes a record into the open batch and returns its bytes. Throws what a getter or Proxy of the
   * record's values throws; the batch is then as it was before.
   */
  append(record: R): number;
  /** Closes the open batch and begins another. */
  take(): EncodedBatch;
  /** For a batch that is too large for the other side; without it such a batch is dropped. */
  readonly split?: Split;
}
