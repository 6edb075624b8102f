/// <reference lib="dom" />
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { change, type Place, useApi } from "./state.ts";
import { clock, count, duration } from "./text.ts";
import type { Histogram } from "./types.ts";

interface StripProps {
  readonly place: Place;
  /** What is counted. */
  readonly what: string;
  /** What is asked, without bars. */
  readonly question: string;
  readonly everyMs: number;
}

const HEIGHT = 60;
const BARS = 80;

/** How many came when, errors in front; a part that is dragged over becomes the time of the view. */
export function Strip({ place, what, question, everyMs }: StripProps): VNode | null {
  const { data } = useApi<Histogram>(`${question}&bars=${BARS}`, everyMs);
  if (data === undefined || data.total === 0) return null;
  return <Bars histogram={data} what={what} place={place} />;
}

function Bars(
  { histogram, what, place }: { histogram: Histogram; what: string; place: Place },
): VNode {
  const svg = useRef<SVGSVGElement>(null);
  const [mark, setMark] = useState<readonly [number, number]>();
  const { bars, fromMs, untilMs, total, errors } = histogram;
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const partOf = (event: PointerEvent) => {
    const box = svg.current!.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  const finish = () => {
    if (mark === undefined) return;
    const [low, high] = [Math.min(...mark), Math.max(...mark)];
    const at = (part: number) => String(Math.round(fromMs + (untilMs - fromMs) * part));
    setMark(undefined);
    // A click marks its bar.
    const isClick = high - low < 0.004;
    const bar = Math.min(BARS - 1, Math.floor(low * BARS));
    change(place, {
      since: at(isClick ? bar / BARS : low),
      until: at(isClick ? (bar + 1) / BARS : high),
    });
  };
  return (
    <figure class="strip">
      <svg
        ref={svg}
        viewBox={`0 0 ${BARS * 10} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${total} ${what} from ${clock(fromMs)} to ${
          clock(untilMs)
        }, ${errors} with errors`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setMark([partOf(event), partOf(event)]);
        }}
        onPointerMove={(event) => mark !== undefined && setMark([mark[0], partOf(event)])}
        onPointerUp={finish}
      >
        {bars.map((bar, index) => <BarView key={index} index={index} bar={bar} most={most} />)}
        {mark !== undefined && (
          <rect
            class="brush"
            x={Math.min(...mark) * BARS * 10}
            width={Math.abs(mark[1] - mark[0]) * BARS * 10}
            y="0"
            height={HEIGHT}
          />
        )}
      </svg>
      <Caption histogram={histogram} what={what} />
    </figure>
  );
}

function Caption({ histogram, what }: { histogram: Histogram; what: string }): VNode {
  const { fromMs, untilMs, total, adjusted, errors } = histogram;
  const isSampled = adjusted > total + 0.5;
  return (
    <figcaption>
      <span>{clock(fromMs)}</span>
      <span>
        <strong>{count(total)}</strong> {what}
        {isSampled && `, sampled: they stand for about ${count(adjusted)}`}
        {errors > 0 && (
          <>
            , <strong class="failed">{count(errors)}</strong> with errors
          </>
        )}{" "}
        <span class="wide-only">
          · a bar is {duration((untilMs - fromMs) / BARS)} · drag to mark a time
        </span>
      </span>
      <span>{clock(untilMs)}</span>
    </figcaption>
  );
}

function BarView(
  { bar, index, most }: { bar: Histogram["bars"][number]; index: number; most: number },
): VNode {
  const rect = (name: string, value: number) => {
    const height = value === 0 ? 0 : Math.max(2, value / most * (HEIGHT - 2));
    return <rect class={name} x={index * 10 + 1} width="8" y={HEIGHT - height} height={height} />;
  };
  return (
    <g>
      {rect("bar", bar.count)}
      {rect("bar error", bar.errors)}
    </g>
  );
}
