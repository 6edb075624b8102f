/// <reference lib="dom" />
import type { VNode } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { Node, Tree } from "./waterfall.ts";

/** A part of the trace, in nanoseconds from its start. */
export interface Frame {
  readonly fromNs: number;
  readonly untilNs: number;
}

const HEIGHT = 60;
/** Bars at most: of more spans, so many that no line of pixels is left out. */
const BARS_MAX = 600;

interface MinimapProps {
  readonly tree: Tree;
  readonly colorOf: (service: string) => string;
  readonly frame: Frame;
  readonly setFrame: (frame: Frame) => void;
}

/** The whole trace, small; the part that is dragged over fills the waterfall. */
export function Minimap({ tree, colorOf, frame, setFrame }: MinimapProps): VNode {
  const svg = useRef<SVGSVGElement>(null);
  const [mark, setMark] = useState<readonly [number, number]>();
  const bars = useMemo(() => barsOf(tree, colorOf), [tree, colorOf]);
  const at = (event: PointerEvent) => {
    const box = svg.current!.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  };
  const finish = () => {
    if (mark === undefined) return;
    const [low, high] = [Math.min(...mark), Math.max(...mark)];
    setMark(undefined);
    setFrame(
      high - low < 0.005
        ? { fromNs: 0, untilNs: tree.lengthNs }
        : { fromNs: low * tree.lengthNs, untilNs: high * tree.lengthNs },
    );
  };
  const [left, right] = [frame.fromNs / tree.lengthNs, frame.untilNs / tree.lengthNs];
  return (
    <svg
      ref={svg}
      class="minimap"
      viewBox={`0 0 1000 ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        setMark([at(event), at(event)]);
      }}
      onPointerMove={(event) => mark !== undefined && setMark([mark[0], at(event)])}
      onPointerUp={finish}
    >
      {bars}
      {left > 0 && <rect class="shade" x="0" y="0" width={left * 1000} height={HEIGHT} />}
      {right < 1 && (
        <rect class="shade" x={right * 1000} y="0" width={(1 - right) * 1000} height={HEIGHT} />
      )}
      {mark !== undefined && (
        <rect
          class="brush"
          x={Math.min(...mark) * 1000}
          y="0"
          width={Math.abs(mark[1] - mark[0]) * 1000}
          height={HEIGHT}
        />
      )}
    </svg>
  );
}

function barsOf({ nodes, lengthNs }: Tree, colorOf: (service: string) => string): VNode[] {
  const step = Math.max(1, nodes.length / BARS_MAX);
  const height = Math.max(0.8, Math.min(4, HEIGHT / nodes.length));
  const bars: VNode[] = [];
  for (let index = 0; index < nodes.length; index += step) {
    // Of those that share a line, the one that failed, else the longest.
    const shared = nodes.slice(Math.floor(index), Math.max(Math.floor(index) + 1, index + step));
    const node = shared.reduce((one: Node, other) =>
      Number(other.span.isError) - Number(one.span.isError) > 0 ||
        other.span.isError === one.span.isError && other.span.durationMs > one.span.durationMs
        ? other
        : one
    );
    bars.push(
      <rect
        key={node.key}
        class={node.span.isError ? "bar error" : `bar ${colorOf(node.span.service)}`}
        x={node.startNs / lengthNs * 1000}
        width={Math.max(1, (node.endNs - node.startNs) / lengthNs * 1000)}
        y={index / nodes.length * (HEIGHT - 4) + 2}
        height={height}
      />,
    );
  }
  return bars;
}
