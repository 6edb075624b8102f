/// <reference lib="dom" />
// @ts-types="npm:@types/d3-shape@3.2.0"
import { curveBasis, line } from "d3-shape";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { BOX, LABEL, layoutOf, type PlacedEdge } from "./graph_layout.ts";
import { Empty, Problem, RangeSelect, Scroll, Service } from "./parts.tsx";
import { href, type Place, useApi, useColors } from "./state.ts";
import { count, duration, safe } from "./text.ts";
import type { Edge, Route } from "./types.ts";

/** Who calls whom, how often, how well and how fast. */
export function Graph({ place }: { place: Place }): VNode {
  const minutes = place.params.get("minutes") ?? "15";
  const query = minutes === "all" ? "" : `?minutes=${minutes}`;
  const { data, error } = useApi<Edge[]>(`graph${query}`, 3000);
  const routes = useApi<Route[]>(`summary${query}`, 3000);
  return (
    <section aria-labelledby="title">
      <h1 id="title">Services</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()} aria-label="Filters">
        <RangeSelect place={place} fallback="15" />
        <p class="meta legend-line">
          On each call: requests{" "}
          <span class="failed-text">(errors)</span>, 95 of 100 faster than. Dashed: over a queue.
        </p>
      </form>
      <Problem text={error ?? routes.error} />
      {data?.length === 0 && routes.data?.length === 0 && (
        <Empty title="No service was called in this time">
          Choose a longer time, or send something to this console.
        </Empty>
      )}
      {data !== undefined && routes.data !== undefined && routes.data.length > 0 && (
        <GraphView edges={data} routes={routes.data} />
      )}
      {routes.data !== undefined && routes.data.length > 0 && <Routes routes={routes.data} />}
    </section>
  );
}

/** What a service was asked, by its routes. */
interface Asked {
  requests: number;
  errors: number;
}

function askedOf(routes: readonly Route[]): Map<string, Asked> {
  const asked = new Map<string, Asked>();
  for (const { service, requests, errors } of routes) {
    const sum = asked.get(service) ?? { requests: 0, errors: 0 };
    sum.requests += requests;
    sum.errors += errors;
    asked.set(service, sum);
  }
  return asked;
}

function GraphView(
  { edges, routes }: { edges: readonly Edge[]; routes: readonly Route[] },
): VNode {
  const colorOf = useColors();
  const asked = askedOf(routes);
  const shape = JSON.stringify([edges.map(({ from, to, kind }) => [from, to, kind]), [
    ...asked.keys(),
  ]]);
  // New numbers must not move the boxes.
  const layout = useMemo(() => layoutOf(edges, [...asked.keys()]), [shape]);
  const now = new Map(edges.map((edge) => [keyOf(edge), edge]));
  const most = Math.max(1, ...edges.map(({ requests }) => requests));
  return (
    <Scroll label="Service graph">
      <svg
        class="graph"
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        width={layout.width}
        height={layout.height}
        role="group"
        aria-label={edges.map(edgeText).join("; ")}
      >
        <defs>
          {["arrow", "arrow-failed"].map((id) => (
            <marker
              key={id}
              id={id}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="9"
              markerHeight="9"
              markerUnits="userSpaceOnUse"
              orient="auto-start-reverse"
            >
              <path d="M0 0 8 4 0 8z" />
            </marker>
          ))}
        </defs>
        {layout.edges.map((placed) => (
          <EdgeView
            key={keyOf(placed.edge)}
            placed={{ ...placed, edge: now.get(keyOf(placed.edge)) ?? placed.edge }}
            most={most}
          />
        ))}
        {layout.services.map(({ name, x, y }) => (
          <a key={name} href={href("traces", { service: name })}>
            <rect
              class={`node ${colorOf(name)}`}
              x={x - BOX.width / 2}
              y={y - BOX.height / 2}
              width={BOX.width}
              height={BOX.height}
              rx="9"
            />
            <text class="name" x={x} y={y - 4} text-anchor="middle">{safe(name, 18)}</text>
            <text x={x} y={y + 16} text-anchor="middle">{askedText(asked.get(name))}</text>
          </a>
        ))}
      </svg>
    </Scroll>
  );
}

function keyOf({ from, to, kind }: Edge): string {
  return JSON.stringify([from, to, kind]);
}

function askedText(asked: Asked | undefined): string {
  if (asked === undefined) return "calls only";
  const part = asked.errors / Math.max(1, asked.requests) * 100;
  return asked.errors === 0
    ? `${count(asked.requests)} requests`
    : `${count(asked.requests)}, ${part.toFixed(part < 10 ? 1 : 0)} % failed`;
}

function edgeText({ from, to, requests, errors, p95Ms, kind }: Edge): string {
  return `${safe(from, 60)} to ${
    safe(to, 60)
  } by ${kind}: ${requests} requests, ${errors} errors, p95 ${duration(p95Ms)}`;
}

const curve = line<{ x: number; y: number }>(({ x }) => x, ({ y }) => y).curve(curveBasis);

/** A call: the more requests, the thicker. */
function EdgeView({ placed, most }: { placed: PlacedEdge; most: number }): VNode {
  const { edge, points, x, y } = placed;
  const width = 1.2 + 2.4 * Math.log(1 + edge.requests) / Math.log(1 + most);
  return (
    <g class={edge.errors > 0 ? "edge failed" : "edge"}>
      <title>{edgeText(edge)}</title>
      <path
        d={curve([...points]) ?? ""}
        class={edge.kind}
        stroke-width={width.toFixed(2)}
        marker-end={edge.errors > 0 ? "url(#arrow-failed)" : "url(#arrow)"}
      />
      <rect
        class="label"
        x={x - LABEL.width / 2 + 8}
        y={y - LABEL.height / 2}
        width={LABEL.width - 16}
        height={LABEL.height}
        rx="6"
      />
      <text x={x} y={y - 3} text-anchor="middle">
        {count(edge.requests)}
        {edge.errors > 0 && <tspan class="errors">{` (${count(edge.errors)})`}</tspan>}
      </text>
      <text class="faint" x={x} y={y + 12} text-anchor="middle">
        {`p95 ${duration(edge.p95Ms)}`}
      </text>
    </g>
  );
}

function Routes({ routes }: { routes: readonly Route[] }): VNode {
  const colorOf = useColors();
  return (
    <Scroll label="Table: routes">
      <table class="routes">
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
              <td class="of">
                <Service name={one.service} color={colorOf(one.service)} />
              </td>
              <td class="name">
                <a href={href("traces", { service: one.service, route: one.route })}>
                  {safe(one.route, 200)}
                </a>
              </td>
              <td class="number">{count(one.requests)}</td>
              <td class={`number ${one.errors > 0 ? "failed-text" : "faint"}`}>
                {count(one.errors)}
              </td>
              <td class="number">{duration(one.p50Ms)}</td>
              <td class="number">{duration(one.p95Ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
