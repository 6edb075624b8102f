/// <reference lib="dom" />
import type { VNode } from "preact";
import { duration } from "./state.ts";

/** Something with a time. */
export interface Mark {
  /** Nanoseconds since the epoch, as decimal text. */
  readonly timeNs: string;
  readonly isError: boolean;
}

interface StripProps {
  /** What is counted, for those who can't see it. */
  readonly what: string;
  readonly marks: readonly Mark[];
}

const BARS = 60;
const HEIGHT = 60;

/** How many came when: errors in front. */
export function Strip({ what, marks }: StripProps): VNode | null {
  if (marks.length < 2) return null;
  const times = marks.map(({ timeNs }) => Number(BigInt(timeNs) / 1_000_000n));
  const first = Math.min(...times);
  const span = Math.max(1, Math.max(...times) - first);
  const bars = Array.from({ length: BARS }, () => ({ all: 0, errors: 0 }));
  marks.forEach(({ isError }, index) => {
    const bar = bars[Math.min(BARS - 1, Math.floor((times[index] - first) / span * BARS))];
    bar.all++;
    if (isError) bar.errors++;
  });
  const most = Math.max(...bars.map(({ all }) => all));
  const rect = (name: string, index: number, count: number) => {
    const height = count / most * (HEIGHT - 2);
    return <rect class={name} x={index * 10 + 1} width="8" y={HEIGHT - height} height={height} />;
  };
  return (
    <svg
      class="strip"
      viewBox={`0 0 ${BARS * 10} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${marks.length} ${what} over ${duration(span)}`}
    >
      {bars.map(({ all, errors }, index) => (
        <g key={index}>
          {rect("bar", index, all)}
          {rect("bar error", index, errors)}
        </g>
      ))}
    </svg>
  );
}
