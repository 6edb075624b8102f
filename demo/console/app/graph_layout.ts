import dagre from "@dagrejs/dagre";
import type { Edge } from "./types.ts";

/** A service in the picture: its middle. */
export interface PlacedService {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** A call in the picture: the points its curve goes by, and the middle of its label. */
export interface PlacedEdge {
  readonly edge: Edge;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly x: number;
  readonly y: number;
}

/** Where everything lies. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly services: readonly PlacedService[];
  readonly edges: readonly PlacedEdge[];
}

/** The size of a service's box. */
export const BOX = { width: 150, height: 64 } as const;
/** The room that the label of a call gets for itself: nothing is drawn over it. */
export const LABEL = { width: 116, height: 34 } as const;

/** Lays services out from left to right, callers first; labels have places of their own. */
export function layoutOf(edges: readonly Edge[], alone: readonly string[] = []): Layout {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({
    rankdir: "LR",
    nodesep: 28,
    ranksep: 56,
    edgesep: 16,
    marginx: 12,
    marginy: 12,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  const names = new Set([...edges.flatMap(({ from, to }) => [from, to]), ...alone]);
  for (const name of names) graph.setNode(name, { ...BOX });
  edges.forEach((edge) =>
    graph.setEdge(edge.from, edge.to, {
      ...LABEL,
      labelpos: "c",
      weight: 1 + Math.log10(1 + edge.requests),
    }, edge.kind)
  );
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    services: [...names].map((name) => {
      const { x, y } = graph.node(name);
      return { name, x, y };
    }),
    edges: edges.map((edge) => {
      const { points, x = 0, y = 0 } = graph.edge(edge.from, edge.to, edge.kind);
      return { edge, points, x, y };
    }),
  };
}
