import type { Plan, Run } from "./model/model.ts";

/** What is told while it runs. */
export interface Progress {
  readonly requests: number;
  readonly blocks: number;
  readonly seconds: number;
  readonly secondsLeft: number;
  /** The widest half of an interval so far, in µs; undefined before there are any. */
  readonly halfWidthUs: number | undefined;
}

/** Knows when it is enough. */
export interface Watch {
  /** A block was measured. */
  block(requests: number): void;
  /** A restart is over, and this is how wide the widest interval is now. */
  restart(halfWidthUs: number | undefined): void;
  endedBy(): Exclude<Run["endedBy"], "not ended"> | undefined;
}

/** Restarts before an interval may end a run: fewer of them are narrow by chance. */
const RESTARTS_MIN = 4;

/** Watches a run; `before` is what an earlier part of it has measured. */
export function watchOf(
  plan: Plan,
  before: { readonly requests: number; readonly blocks: number; readonly restarts: number },
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Watch {
  const startMs = performance.now();
  let { requests, blocks, restarts } = before;
  let halfWidthUs: number | undefined;
  let isEnough = false;
  const secondsNow = () => (performance.now() - startMs) / 1000;
  return {
    block(more) {
      requests += more;
      blocks++;
      const seconds = secondsNow();
      const rate = (done: number, had: number, wanted: number) =>
        seconds * (wanted - done) / Math.max(1, done - had);
      const needed = plan.minRequests === 0 ? Infinity : Math.max(
        rate(requests, before.requests, plan.minRequests),
        rate(blocks, before.blocks, plan.minBlocks),
      );
      const secondsLeft = Math.max(0, Math.min(plan.maxSeconds - seconds, needed));
      onProgress({ requests, blocks, seconds, secondsLeft, halfWidthUs });
    },
    restart(width) {
      halfWidthUs = width;
      restarts++;
      // Looked at between restarts only: half a restart would count like a whole one. With a width
      // to reach, requests alone don't end it.
      isEnough = plan.halfWidthUs === null && blocks >= plan.minBlocks && plan.minRequests > 0 &&
        requests >= plan.minRequests;
    },
    endedBy() {
      if (signal.aborted) return "interrupted";
      const isNarrow = plan.halfWidthUs !== null && restarts >= RESTARTS_MIN &&
        halfWidthUs !== undefined && halfWidthUs <= plan.halfWidthUs;
      if (isNarrow) return "narrow enough";
      if (isEnough) return "all requests done";
      return secondsNow() >= plan.maxSeconds ? "time is up" : undefined;
    },
  };
}
