/** What was done wrong with spans; harmless, and counted. */
export interface SpanMisuse {
  /** `end()` on a span that had ended. */
  endedTwice: number;
  /** A change to a span that had ended. */
  usedAfterEnd: number;
}

/** A span that is open, as the list of open ones holds it. */
export interface OpenSpan {
  /** What it is about. */
  readonly name: string;
  /** When it began, on the monotonic clock. */
  readonly startMonotonicMs: number;
  /** The one that was started after it, or the head of the list; undefined: not in the list. */
  before: OpenSpan | undefined;
  /** The one that was started before it. */
  after: OpenSpan | undefined;
}

/** What all tracers of one telemetry share: the counts. */
export class TracerShared {
  /** What was done wrong. */
  readonly misuse: SpanMisuse = { endedTwice: 0, usedAfterEnd: 0 };
  /** Spans recorded and not ended yet. */
  open = 0;
  /** Spans recorded and handed to the sinks. */
  recorded = 0;
  /** Local roots that the sampler did not choose. */
  unsampledRoots = 0;
  /** Keeps an attribute that was set on a span after its end, of so many at most; default not. */
  declare keepLate?: (span: object, name: string, value: unknown, most: number) => void;
  /** Names of open spans, and how many there are of each; default none. */
  declare openNames?: (untilMs?: number) => Record<string, number>;

  /** A span was started. */
  add(_span: OpenSpan): void {
    this.open++;
  }

  /** It has ended. */
  remove(_span: OpenSpan): void {
    this.open--;
    this.recorded++;
  }
}
