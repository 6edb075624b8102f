/// <reference lib="dom" />
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { type Cell, cellsOf, COLUMNS, type Grid, gridOf, ROWS } from "./grid.ts";
import { duration, href, type Place, useApi } from "./state.ts";
import { TraceTable } from "./traces.tsx";
import type { Point, Trace } from "./types.ts";

const WIDTH = 960;
const HEIGHT = 288;
const MINUTES = [1, 5, 15, 60, 240];

/** Requests by when they began and how long they took; a part of it can be marked to see its traces. */
export function Heatmap({ place }: { place: Place }): VNode {
  const { params } = place;
  const minutes = params.get("minutes") ?? "5";
  // While a part is marked the picture stands still under it.
  const isMarked = params.has("since");
  const { data, error } = useApi<Point[]>(`heatmap?minutes=${minutes}`, isMarked ? 0 : 3000);
  return (
    <section aria-labelledby="title">
      <h1 id="title">Latency</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          Last
          <select
            value={minutes}
            onChange={(event) =>
              location.replace(href("latency", { minutes: event.currentTarget.value }))}
          >
            {MINUTES.map((one) => <option key={one} value={one}>{one} min</option>)}
          </select>
        </label>
        {isMarked && <a href={href("latency", { minutes })}>clear the mark</a>}
      </form>
      {error !== undefined && <p class="problem" role="alert">{error}</p>}
      {data?.length === 0 && <p class="empty">No request in this time.</p>}
      {data !== undefined && data.length > 0 && (
        <Picture grid={gridOf(data)} points={data} minutes={minutes} />
      )}
      <Marked params={params} />
    </section>
  );
}

interface Corner {
  readonly x: number;
  readonly y: number;
}

interface PictureProps {
  readonly grid: Grid;
  readonly points: readonly Point[];
  readonly minutes: string;
}

function Picture({ grid, points, minutes }: PictureProps): VNode {
  const svg = useRef<SVGSVGElement>(null);
  const [from, setFrom] = useState<Corner>();
  const [to, setTo] = useState<Corner>();
  const cornerOf = (event: PointerEvent): Corner => {
    const box = svg.current!.getBoundingClientRect();
    return {
      x: Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)),
      y: Math.max(0, Math.min(1, (event.clientY - box.top) / box.height)),
    };
  };
  const mark = (a: Corner, b: Corner) => {
    location.hash = href("latency", {
      minutes,
      since: grid.timeAt(Math.min(a.x, b.x)).toFixed(0),
      until: grid.timeAt(Math.max(a.x, b.x)).toFixed(0),
      slowerThan: grid.durationAt(Math.max(a.y, b.y)).toFixed(3),
      fasterThan: grid.durationAt(Math.min(a.y, b.y)).toFixed(3),
    });
  };
  const slowest = () => mark({ x: 0, y: 0 }, { x: 1, y: grid.rowOf(grid.p95Ms) / ROWS });
  const cells = cellsOf(points, grid);
  return (
    <div class="heatmap">
      <p class="meta">
        {points.length} requests. Drag over a part to see its traces, or{" "}
        <button type="button" onClick={slowest}>mark the slowest twentieth</button>
      </p>
      <div class="picture">
        <div class="axis" aria-hidden="true">
          {[0, 0.25, 0.5, 0.75, 1].map((at) => <span key={at}>{duration(grid.durationAt(at))}
          </span>)}
        </div>
        <svg
          ref={svg}
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${points.length} requests, from ${duration(grid.minMs)} to ${
            duration(grid.maxMs)
          }, 95 of 100 below ${duration(grid.p95Ms)}`}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            setFrom(cornerOf(event));
            setTo(cornerOf(event));
          }}
          onPointerMove={(event) => from !== undefined && setTo(cornerOf(event))}
          onPointerUp={(event) => {
            if (from !== undefined) mark(from, cornerOf(event));
            setFrom(undefined);
          }}
        >
          {cells.map((cell) => <CellView key={cell.key} cell={cell} />)}
          {from !== undefined && to !== undefined && (
            <rect
              class="brush"
              x={Math.min(from.x, to.x) * WIDTH}
              y={Math.min(from.y, to.y) * HEIGHT}
              width={Math.abs(from.x - to.x) * WIDTH}
              height={Math.abs(from.y - to.y) * HEIGHT}
            />
          )}
        </svg>
      </div>
      <Times grid={grid} />
    </div>
  );
}

function Times({ grid }: { grid: Grid }): VNode {
  return (
    <div class="axis below" aria-hidden="true">
      {[0, 0.5, 1].map((at) => (
        <span key={at}>{new Date(grid.timeAt(at)).toISOString().slice(11, 19)}</span>
      ))}
    </div>
  );
}

function CellView({ cell }: { cell: Cell }): VNode {
  return (
    <rect
      class={cell.errors > 0 ? "cell failed" : "cell"}
      fill-opacity={cell.strength}
      x={cell.column * WIDTH / COLUMNS}
      y={cell.row * HEIGHT / ROWS}
      width={WIDTH / COLUMNS - 1}
      height={HEIGHT / ROWS - 1}
    >
      <title>{cell.count} requests, {cell.errors} errors</title>
    </rect>
  );
}

function Marked({ params }: { params: URLSearchParams }): VNode | null {
  const query = new URLSearchParams(params);
  query.delete("minutes");
  const isMarked = query.has("since");
  const { data, error } = useApi<Trace[]>(isMarked ? `traces?${query}&limit=200` : undefined);
  if (!isMarked) return null;
  return (
    <>
      <h2>
        The marked part: {duration(Number(query.get("slowerThan")))} to{" "}
        {duration(Number(query.get("fasterThan")))}
      </h2>
      {error !== undefined && <p class="problem" role="alert">{error}</p>}
      {data !== undefined && <TraceTable traces={data} />}
    </>
  );
}
