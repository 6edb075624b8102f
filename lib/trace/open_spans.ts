import { keepLate } from "../core/late.ts";
import { type OpenSpan, TracerShared } from "./shared.ts";

/** This many open spans are known by name; beyond it they are only counted. */
const MAX_KNOWN = 1000;
/** This many different names are told. */
const MAX_NAMES = 20;

/** The counts of all tracers of one telemetry, the spans that are open, and what came too late. */
export class OpenSpans extends TracerShared {
  override keepLate = keepLate;
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

  override add(span: OpenSpan): void {
    this.open++;
    if (this.#known >= MAX_KNOWN) return;
    this.#known++;
    const next = this.#first.after;
    span.before = this.#first;
    span.after = next;
    this.#first.after = span;
    if (next !== undefined) next.before = span;
  }

  override remove(span: OpenSpan): void {
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
  override openNames = (untilMs: number = Infinity): Record<string, number> => {
    const names: Record<string, number> = Object.create(null);
    let different = 0;
    for (let span = this.#first.after; span !== undefined; span = span.after) {
      if (span.startMonotonicMs > untilMs) continue;
      if (names[span.name] === undefined && ++different > MAX_NAMES) break;
      names[span.name] = (names[span.name] ?? 0) + 1;
    }
    return names;
  };
}
