/// <reference lib="dom" />
import type { VNode } from "preact";
import { Scroll } from "./scroll.tsx";
import { duration, href, safe, useApi } from "./state.ts";
import type { Edge, Route } from "./types.ts";

const WIDTH = 170;
const HEIGHT = 54;
const GAP_X = 150;
const GAP_Y = 40;
/** How far above or below a curve goes that passes other columns. */
const GAP_TOP = 70;

/** Who calls whom, how often, how well and how fast. */
export function Graph(): VNode {
  const { data, error } = useApi<Edge[]>("graph", 3000);
  const routes = useApi<Route[]>("summary", 3000);
  return (
    <section aria-labelledby="title">
      <h1 id="title">Services</h1>
      {error !== undefined && <p class="problem" role="alert">{error}</p>}
      {data?.length === 0 && <p class="empty">No service has called another yet.</p>}
      {data !== undefined && data.length > 0 && <GraphView edges={data} />}
      {routes.data !== undefined && <Routes routes={routes.data} />}
    </section>
  );
}

/** The column of each service: one to the right of the furthest that calls it, cycles aside. */
export function columnsOf(edges: readonly Edge[]): Map<string, number> {
  const columns = new Map<string, number>();
  for (const { from, to } of edges) {
    columns.set(from, 0);
    columns.set(to, 0);
  }
  for (let round = 0; round < columns.size; round++) {
    for (const { from, to, kind } of edges) {
      // A call back, as shipping's to orders, must not push the caller away for ever.
      const isBack = edges.some((other) => other.from === to && other.to === from);
      if (isBack && kind === "call") continue;
      columns.set(to, Math.min(columns.size, Math.max(columns.get(to)!, columns.get(from)! + 1)));
    }
  }
  return columns;
}

function GraphView({ edges }: { edges: readonly Edge[] }): VNode {
  const columns = columnsOf(edges);
  const byColumn = Map.groupBy(columns.keys(), (service) => columns.get(service)!);
  const places = new Map<string, { x: number; y: number }>();
  for (const [column, services] of byColumn) {
    services.forEach((service, index) =>
      places.set(service, {
        x: column * (WIDTH + GAP_X) + 10,
        y: index * (HEIGHT + GAP_Y) + GAP_TOP,
      })
    );
  }
  const width = Math.max(...[...places.values()].map(({ x }) => x)) + WIDTH + 10;
  const height = Math.max(...[...places.values()].map(({ y }) => y)) + HEIGHT + GAP_TOP;
  return (
    <Scroll label="Service graph">
      <svg
        class="graph"
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="group"
        aria-label={edges.map(edgeText).join("; ")}
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="8"
            refY="4"
            markerWidth="8"
            markerHeight="8"
            orient="auto-start-reverse"
          >
            <path d="M0 0 8 4 0 8z" />
          </marker>
        </defs>
        {edges.map((edge) => <EdgeView key={edgeText(edge)} edge={edge} places={places} />)}
        {[...places].map(([service, { x, y }]) => (
          <a key={service} href={href("traces", { service })}>
            <rect class="node" x={x} y={y} width={WIDTH} height={HEIGHT} rx="8" />
            <text x={x + WIDTH / 2} y={y + HEIGHT / 2 + 5} text-anchor="middle">
              {safe(service, 20)}
            </text>
          </a>
        ))}
      </svg>
    </Scroll>
  );
}

function edgeText({ from, to, requests, errors, p95Ms, kind }: Edge): string {
  return `${from} to ${to} by ${kind}: ${requests} requests, ${errors} errors, p95 ${
    duration(p95Ms)
  }`;
}

interface At {
  readonly x: number;
  readonly y: number;
}

/**
 * The curve between two services: straight across to the next column, above the columns between
 * them, or below everything for a call back.
 */
function curveOf(from: At, to: At): { path: string; middle: At } {
  const steps = Math.round((to.x - from.x) / (WIDTH + GAP_X));
  if (steps === 1) {
    const [x1, y1] = [from.x + WIDTH, from.y + HEIGHT / 2];
    const [x2, y2] = [to.x, to.y + HEIGHT / 2];
    return bezier(
      [x1, y1],
      [x1 + GAP_X / 2, y1],
      [x1 + GAP_X / 2, y2],
      [x2, y2],
      y1 === y2 ? 0.5 : 0.66,
    );
  }
  const [x1, x2] = [from.x + WIDTH / 2, to.x + WIDTH / 2];
  if (steps > 1) {
    const top = Math.min(from.y, to.y) - GAP_TOP;
    return bezier([x1, from.y], [x1, top], [x2, top], [x2, to.y], 0.5);
  }
  const low = Math.max(from.y, to.y) + HEIGHT + GAP_TOP;
  return bezier([x1, from.y + HEIGHT], [x1, low], [x2, low], [x2, to.y + HEIGHT], 0.5);
}

type Pair = readonly [x: number, y: number];

/** A cubic Bézier curve, and where its label stands: a little above the point at `part`. */
function bezier(a: Pair, b: Pair, c: Pair, d: Pair, part: number): { path: string; middle: At } {
  const [p, q] = [1 - part, part];
  const at = (axis: 0 | 1) =>
    p ** 3 * a[axis] + 3 * p * p * q * b[axis] + 3 * p * q * q * c[axis] + q ** 3 * d[axis];
  return { path: `M${a}C${b} ${c} ${d}`, middle: { x: at(0), y: at(1) - 6 } };
}

function EdgeView(
  { edge, places }: { edge: Edge; places: ReadonlyMap<string, { x: number; y: number }> },
): VNode {
  const from = places.get(edge.from)!;
  const to = places.get(edge.to)!;
  const { path, middle } = curveOf(from, to);
  return (
    <g class={edge.errors > 0 ? "edge failed" : "edge"}>
      <path d={path} class={edge.kind} marker-end="url(#arrow)" />
      <text x={middle.x} y={middle.y} text-anchor="middle">
        {edge.requests}
        {edge.errors > 0 ? ` (${edge.errors} ✗)` : ""} · {duration(edge.p95Ms)}
      </text>
    </g>
  );
}

function Routes({ routes }: { routes: readonly Route[] }): VNode {
  return (
    <Scroll label="Table: routes">
      <table>
        <caption>Routes</caption>
        <thead>
          <tr>
            <th>Service</th>
            <th>Route</th>
            <th class="number">Requests</th>
            <th class="number">Errors</th>
            <th class="number">p50</th>
            <th class="number">p95</th>
          </tr>
        </thead>
        <tbody>
          {routes.map((one) => (
            <tr key={`${one.service} ${one.route}`} class={one.errors > 0 ? "failed" : ""}>
              <td class="service">{safe(one.service)}</td>
              <td class="wide">
                <a href={href("traces", { service: one.service, route: one.route })}>
                  {safe(one.route)}
                </a>
              </td>
              <td class="number">{one.requests}</td>
              <td class="number">{one.errors}</td>
              <td class="number">{duration(one.p50Ms)}</td>
              <td class="number">{duration(one.p95Ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
