import type { Span } from "./types.ts";

/** What one kind of span came to in each of two traces. */
export interface Difference {
  readonly service: string;
  readonly name: string;
  readonly counts: readonly [number, number];
  readonly totalsMs: readonly [number, number];
  readonly errors: readonly [number, number];
}

/** Spans of two traces by service and name, those whose time differs most first. */
export function differencesOf(a: readonly Span[], b: readonly Span[]): Difference[] {
  const found = new Map<
    string,
    {
      service: string;
      name: string;
      counts: [number, number];
      totalsMs: [number, number];
      errors: [number, number];
    }
  >();
  [a, b].forEach((spans, side) => {
    for (const { service, name, durationMs, isError } of spans) {
      const key = JSON.stringify([service, name]);
      let one = found.get(key);
      if (one === undefined) {
        one = { service, name, counts: [0, 0], totalsMs: [0, 0], errors: [0, 0] };
        found.set(key, one);
      }
      one.counts[side]++;
      one.totalsMs[side] += durationMs;
      if (isError) one.errors[side]++;
    }
  });
  const change = ({ totalsMs }: Difference) => Math.abs(totalsMs[1] - totalsMs[0]);
  return [...found.values()].sort((x, y) => change(y) - change(x));
}
