/// <reference lib="dom" />
// @ts-types="npm:@types/d3-scale@4.0.9"
import { scaleTime } from "d3-scale";
import type { VNode } from "preact";
import {
  type Cell,
  durationOfRow,
  durationTicks,
  markedBy,
  rowOfDuration,
  timeOfColumn,
} from "./heatmap_grid.ts";
import { useMarking } from "./marking.ts";
import { Empty, Problem } from "./parts.tsx";
import { change, href, type Place, questionOf, useApi } from "./state.ts";
import { clock, count, duration } from "./text.ts";
import { timed, TraceFilters, TraceTable } from "./traces.tsx";
import type { HeatmapData, Trace } from "./types.ts";

const WIDTH = 960;
const HEIGHT = 300;
const MARK = ["since", "until", "slowerThan", "fasterThan"] as const;

/** Traces by when they began and how long they took; a part can be marked to see its traces. */
export function Heatmap({ place }: { place: Place }): VNode {
  const { params } = place;
  const isMarked = params.has("since");
  // The picture keeps the time it had when it was marked: the mark would slide away under it.
  const pictured = new URLSearchParams(params);
  for (const name of MARK) pictured.delete(name);
  if (isMarked) {
    pictured.set("since", params.get("from") ?? params.get("since")!);
    pictured.set("until", params.get("to") ?? params.get("until")!);
  }
  const query = timed(pictured);
  query.delete("from");
  query.delete("to");
  const { data, error } = useApi<HeatmapData>(`heatmap?${query}`, isMarked ? 0 : 3000);
  return (
    <section aria-labelledby="title">
      <h1 id="title">Latency</h1>
      <TraceFilters place={place} />
      <Problem text={error} />
      {data?.total === 0 && (
        <Empty title="No trace in this time">Choose a longer time or other filters.</Empty>
      )}
      {data !== undefined && data.total > 0 && <Picture data={data} place={place} />}
      {isMarked && <MarkedTraces params={params} />}
    </section>
  );
}

function Picture({ data, place }: { data: HeatmapData; place: Place }): VNode {
  const mark = (a: Cell, b: Cell) =>
    change(place, {
      ...markedBy(data, a, b),
      from: data.fromMs.toFixed(0),
      to: data.untilMs.toFixed(0),
    });
  const slowest = () => {
    const row = Math.max(0, Math.floor(rowOfDuration(data, data.p95Ms)));
    mark({ column: 0, row }, { column: data.columns - 1, row: data.rows - 1 });
  };
  const isMarked = place.params.has("since");
  return (
    <div class="heatmap">
      <p class="meta">
        <strong>{count(data.total)}</strong> traces · half below{" "}
        <strong>{duration(data.p50Ms)}</strong>, 95 of 100 below{" "}
        <strong>{duration(data.p95Ms)}</strong> · drag over a part to see its traces, or{" "}
        <button type="button" onClick={slowest}>mark the slowest twentieth</button>
        {isMarked && (
          <>
            {" "}
            <a href={href("latency", unmarked(place))}>clear the mark</a>
          </>
        )}
      </p>
      <div class="picture">
        <div class="axis" aria-hidden="true">
          {durationTicks(data).map((ms) => (
            <Tick key={ms} part={1 - rowOfDuration(data, ms) / data.rows}>{duration(ms)}</Tick>
          ))}
        </div>
        <Cells data={data} place={place} mark={mark} />
      </div>
      <Times fromMs={data.fromMs} untilMs={data.untilMs} />
      <p class="scale" aria-hidden="true">
        few <span class="ramp" /> many · <span class="ramp failed" /> with errors
      </p>
    </div>
  );
}

function unmarked({ params }: Place): Record<string, string> {
  const left = new URLSearchParams(params);
  for (const name of [...MARK, "from", "to"]) left.delete(name);
  return Object.fromEntries(left);
}

/** A text at a part of the height. */
function Tick({ part, children }: { part: number; children: string }): VNode {
  return (
    <svg class="tick-text" overflow="visible" width="100%" height="100%">
      <text x="100%" y={`${part * 100}%`} dy="4" text-anchor="end">{children}</text>
    </svg>
  );
}

/** The times below a picture. */
export function Times({ fromMs, untilMs }: { fromMs: number; untilMs: number }): VNode {
  const scale = scaleTime([new Date(fromMs), new Date(untilMs)], [0, 100]);
  return (
    <svg class="times" aria-hidden="true" overflow="visible" width="100%" height="18">
      {scale.ticks(6).map((date) => (
        <text key={date.getTime()} x={`${scale(date)}%`} y="13" text-anchor="middle">
          {clock(date.getTime())}
        </text>
      ))}
    </svg>
  );
}

interface CellsProps {
  readonly data: HeatmapData;
  readonly place: Place;
  readonly mark: (a: Cell, b: Cell) => void;
}

function Cells({ data, place, mark }: CellsProps): VNode {
  const clear = () => {
    location.hash = href("latency", unmarked(place));
  };
  const { svg, corners, cursor, handlers } = useMarking(data, mark, clear);
  return (
    <svg
      ref={svg}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      tabindex={0}
      role="application"
      aria-label={`${data.total} traces, half below ${duration(data.p50Ms)}, 95 of 100 below ${
        duration(data.p95Ms)
      }. Arrow keys move, with Shift they mark, Enter shows the traces.`}
      {...handlers}
    >
      <CellRects data={data} />
      <Line data={data} ms={data.p95Ms} />
      <MarkView data={data} place={place} corners={corners} />
      {cursor !== undefined && <rect class="cursor" {...boxOf(data, cursor, cursor)} />}
    </svg>
  );
}

function CellRects({ data }: { data: HeatmapData }): VNode {
  const most = data.cells.reduce((most, [, , number]) => Math.max(most, number), 1);
  // By the logarithm of the count, so that one slow trace shows.
  const strength = (number: number) => 0.28 + 0.72 * Math.log(number + 1) / Math.log(most + 1);
  return (
    <>
      {data.cells.map(([column, row, number, errors]) => (
        <rect
          key={row * data.columns + column}
          class={errors > 0 ? "cell failed" : "cell"}
          fill-opacity={strength(number).toFixed(2)}
          x={column * WIDTH / data.columns}
          y={(data.rows - 1 - row) * HEIGHT / data.rows}
          width={WIDTH / data.columns - 0.8}
          height={HEIGHT / data.rows - 0.8}
        >
          <title>
            {`${number} traces, ${errors} with errors, ${duration(durationOfRow(data, row))} to ${
              duration(durationOfRow(data, row + 1))
            }, ${clock(timeOfColumn(data, column))}`}
          </title>
        </rect>
      ))}
    </>
  );
}

function Line({ data, ms }: { data: HeatmapData; ms: number }): VNode {
  const y = HEIGHT - rowOfDuration(data, ms) / data.rows * HEIGHT;
  return <line class="p95" x1="0" x2={WIDTH} y1={y} y2={y} />;
}

function boxOf(data: HeatmapData, a: Cell, b: Cell) {
  const [left, right] = [Math.min(a.column, b.column), Math.max(a.column, b.column) + 1];
  const [low, high] = [Math.min(a.row, b.row), Math.max(a.row, b.row) + 1];
  return {
    x: left / data.columns * WIDTH,
    y: HEIGHT - high / data.rows * HEIGHT,
    width: (right - left) / data.columns * WIDTH,
    height: (high - low) / data.rows * HEIGHT,
  };
}

/** What is being marked, or what was. */
function MarkView(
  { data, place, corners }: {
    data: HeatmapData;
    place: Place;
    corners: readonly [Cell, Cell] | undefined;
  },
): VNode | null {
  if (corners !== undefined) return <rect class="brush" {...boxOf(data, ...corners)} />;
  const number = (name: string) => Number(place.params.get(name));
  if (!place.params.has("from")) return null;
  const columnOf = (ms: number) =>
    Math.round((ms - data.fromMs) / (data.untilMs - data.fromMs) * data.columns);
  const rowOf = (ms: number) => Math.max(0, Math.round(rowOfDuration(data, ms)));
  const [a, b] = [
    { column: columnOf(number("since")), row: rowOf(number("slowerThan")) },
    { column: columnOf(number("until")) - 1, row: rowOf(number("fasterThan")) - 1 },
  ];
  return <rect class="brush" {...boxOf(data, a, b)} />;
}

function MarkedTraces({ params }: { params: URLSearchParams }): VNode {
  const query = questionOf(params, { from: undefined, to: undefined, limit: "200" });
  const { data, error } = useApi<Trace[]>(`traces?${query}`);
  return (
    <>
      <h2>
        {data === undefined ? "Traces" : data.length === 200 ? "200 or more" : data.length}{" "}
        in the marked part: {duration(Number(params.get("slowerThan")))} to{" "}
        {duration(Number(params.get("fasterThan")))}
      </h2>
      <Problem text={error} />
      {data?.length === 0 && <Empty title="No trace is in it" />}
      {data !== undefined && data.length > 0 && <TraceTable traces={data} />}
    </>
  );
}
