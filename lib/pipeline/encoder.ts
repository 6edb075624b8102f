/** A request ready to be sent. */
export interface EncodedBatch {
  /** The body. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** How many records it holds. */
  readonly count: number;
  /** Gives the body's memory back; call it once, when nothing reads the body any more. */
  release(): void;
}

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
  /**
   * Halves a batch that was too large; nothing when it holds a single record. Without this what is
   * too large is dropped.
   */
  readonly split?: (body: Uint8Array<ArrayBuffer>) => readonly Omit<EncodedBatch, "release">[];
}
