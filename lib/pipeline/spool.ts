/**
 * Keeps batches that could not be delivered where they outlive the process. Once open, it throws
 * nothing: what fails is answered as a refusal. Its methods are called off the user's path.
 */
export interface Spool {
  /**
   * Opens the part that belongs to one signal of one destination.
   *
   * @param wallMs The time, in milliseconds since the Unix epoch: ages outlive the process.
   * @throws {Error} When it can't be opened, saying why: at the start, not later.
   */
  open(name: string, wallMs: () => number): SpoolQueue;
}

/** What is kept for one signal of one destination, oldest first. */
export interface SpoolQueue {
  /** Records kept now. */
  readonly records: number;
  /** Bytes kept now. */
  readonly sizeBytes: number;
  /** Keeps a batch; false when there is no room or it can't be written: the caller has it still. */
  put(body: Uint8Array<ArrayBuffer>, count: number): boolean;
  /** The oldest batch, marked as being sent, until it is done or put back; undefined when none. */
  next(): SpooledBatch | undefined;
  /** Leaves out what is too old or can't be read, and says how many records that were. */
  expire(): number;
}

/** A batch from a spool. */
export interface SpooledBatch {
  /** The request. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** How many records it holds. */
  readonly count: number;
  /** True when an earlier process was sending it when it ended: the other side may have it. */
  readonly isRepeat: boolean;
  /** It has been delivered, or refused for good: it is kept no longer. */
  done(): void;
  /** It could not be delivered: it is kept for later. */
  putBack(): void;
}
