/// <reference lib="dom" />
import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Cell } from "./heatmap_grid.ts";
import type { HeatmapData } from "./types.ts";

/** How cells are marked, by pointer and by keys. */
interface Marking {
  readonly svg: RefObject<SVGSVGElement>;
  /** What is being marked. */
  readonly corners: readonly [Cell, Cell] | undefined;
  /** Where the keys are. */
  readonly cursor: Cell | undefined;
  readonly handlers: {
    onKeyDown(event: KeyboardEvent): void;
    onPointerDown(event: PointerEvent): void;
    onPointerMove(event: PointerEvent): void;
    onPointerUp(event: PointerEvent): void;
  };
}

const STEPS: Readonly<Record<string, readonly [column: number, row: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most - 1, value));
}

/** Marks cells of the picture: dragged over, or by arrow keys with Shift. */
export function useMarking(
  data: HeatmapData,
  mark: (a: Cell, b: Cell) => void,
  clear: () => void,
): Marking {
  const svg = useRef<SVGSVGElement>(null);
  const [corners, setCorners] = useState<readonly [Cell, Cell]>();
  const [cursor, setCursor] = useState<Cell>();
  const cellAt = (event: PointerEvent): Cell => {
    const box = svg.current!.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * data.columns);
    const row = data.rows - 1 - Math.floor((event.clientY - box.top) / box.height * data.rows);
    return { column: clamp(column, data.columns), row: clamp(row, data.rows) };
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const at = cursor ?? { column: Math.floor(data.columns / 2), row: data.rows - 1 };
    if (step !== undefined) {
      const next = {
        column: clamp(at.column + step[0], data.columns),
        row: clamp(at.row + step[1], data.rows),
      };
      setCursor(next);
      setCorners(event.shiftKey ? [corners?.[0] ?? at, next] : undefined);
    } else if (event.key === "Enter" || event.key === " ") {
      mark(corners?.[0] ?? at, at);
      setCorners(undefined);
    } else if (event.key === "Escape") clear();
    else return;
    event.preventDefault();
  };
  return {
    svg,
    corners,
    cursor,
    handlers: {
      onKeyDown,
      onPointerDown(event) {
        svg.current!.setPointerCapture(event.pointerId);
        const cell = cellAt(event);
        setCorners([cell, cell]);
      },
      onPointerMove(event) {
        if (corners !== undefined && event.buttons > 0) setCorners([corners[0], cellAt(event)]);
      },
      onPointerUp(event) {
        if (corners !== undefined) mark(corners[0], cellAt(event));
        setCorners(undefined);
      },
    },
  };
}
