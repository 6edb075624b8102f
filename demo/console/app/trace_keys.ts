import type { Frame } from "./minimap.tsx";
import type { Node } from "./waterfall.ts";

/** Rows that a page key goes. */
const PAGE = 15;

/** The row that a key leads to; undefined when it leads nowhere. */
export function stepOf(key: string, index: number, count: number): number | undefined {
  const to = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    j: index + 1,
    k: index - 1,
    PageDown: index + PAGE,
    PageUp: index - PAGE,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined ? undefined : Math.max(0, Math.min(count - 1, to));
}

/** The frame after a key: `z` the span with a little around it, `+` and `-` about it, `0` all. */
export function zoomed(key: string, frame: Frame, node: Node, lengthNs: number): Frame {
  const spanNs = Math.max(1000, node.endNs - node.startNs);
  if (key === "0") return { fromNs: 0, untilNs: lengthNs };
  if (key === "z") {
    return {
      fromNs: Math.max(0, node.startNs - spanNs * 0.05),
      untilNs: Math.min(lengthNs, node.startNs + spanNs * 1.05),
    };
  }
  const middle = (Math.max(frame.fromNs, node.startNs) + Math.min(frame.untilNs, node.endNs)) / 2;
  const half = (frame.untilNs - frame.fromNs) / 2 * (key === "-" ? 2 : 0.5);
  const fromNs = Math.max(0, Math.min(middle - half, lengthNs - 2 * half));
  return { fromNs, untilNs: Math.min(lengthNs, fromNs + 2 * Math.max(500, half)) };
}
