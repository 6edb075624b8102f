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

/** This many open spans are known by name; beyond it they are only counted. */
const MAX_KNOWN = 1000;
/** This many different names are told. */
const MAX_NAMES = 20;

/** What all tracers of one telemetry share: the counts, and the spans that are open. */
export class TracerShared {
  /** What was done wrong. */
  readonly misuse: SpanMisuse = { endedTwice: 0, usedAfterEnd: 0 };
  /** Spans recorded and not ended yet. */
  open = 0;
  /** Spans recorded and handed to the sinks. */
  recorded = 0;
  /** Local roots that the sampler did not choose. */
  unsampledRoots = 0;
  /**
   * The open spans, a list through the spans themselves: it costs a few writes a span, where a Set
   * would cost as much as a clock.
   */
  readonly #first: OpenSpan = {
    name: "",
    startMonotonicMs: 0,
    before: undefined,
    after: undefined,
  };
  #known = 0;

  /** A span was started. */
  add(span: OpenSpan): void {
    this.open++;
    if (this.#known >= MAX_KNOWN) return;
    this.#known++;
    const next = this.#first.after;
    span.before = this.#first;
    span.after = next;
    this.#first.after = span;
    if (next !== undefined) next.before = span;
  }

  /** It has ended. */
  remove(span: OpenSpan): void {
    this.open--;
    this.recorded++;
    const { before, after } = span;
    // One that was not known has nobody before it.
    if (before === undefined) return;
    this.#known--;
    before.after = after;
    if (after !== undefined) after.before = before;
    span.before = undefined;
    span.after = undefined;
  }

  /**
   * The names of open spans and how many there are of each, those started last first.
   *
   * @param untilMs Only those that began by then.
   */
  openNames(untilMs: number = Infinity): Record<string, number> {
    const names: Record<string, number> = Object.create(null);
    let different = 0;
    for (let span = this.#first.after; span !== undefined; span = span.after) {
      if (span.startMonotonicMs > untilMs) continue;
      if (names[span.name] === undefined && ++different > MAX_NAMES) break;
      names[span.name] = (names[span.name] ?? 0) + 1;
    }
    return names;
  }
}
