/// <reference lib="dom" />
import type { RefObject, VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Details } from "./details.tsx";
import { type Frame, Minimap } from "./minimap.tsx";
import { change, type Place, useColors } from "./state.ts";
import { stepOf, zoomed } from "./trace_keys.ts";
import { type Row, rowsOf, type Tree } from "./waterfall.ts";
import { Waterfall } from "./waterfall.tsx";

/** What is looked at in a trace, and what changes it. */
interface Look {
  readonly rows: readonly Row[];
  readonly index: number;
  readonly frame: Frame;
  readonly closed: ReadonlySet<string>;
  readonly hasLogs: boolean;
  readonly text: string;
  isFound(row: Row): boolean;
  select(index: number): void;
  toggle(key: string): void;
  setFrame(frame: Frame): void;
  setLogs(hasLogs: boolean): void;
  setText(text: string): void;
  /** Goes to the next row, or with -1 to the one before, that fits. */
  seek(step: 1 | -1, fits: (row: Row) => boolean): void;
}

function useLook(tree: Tree, place: Place): Look {
  const [hasLogs, setLogs] = useState(true);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState("");
  const [frame, setFrame] = useState<Frame>();
  const rows = useMemo(() => rowsOf(tree, closed, hasLogs), [tree, closed, hasLogs]);
  const wanted = place.params.get("span");
  const [selected, select] = useState(() => rowOfSpan(rows, wanted));
  const index = Math.min(selected, rows.length - 1);
  const { spanId } = rows[index].node.span;
  // The address holds the selected span; a link to another one selects it.
  useEffect(() => {
    if (selected > 0 && wanted !== spanId) change(place, { span: spanId });
  }, [selected]);
  useEffect(() => {
    if (wanted !== null && wanted !== spanId) select(rowOfSpan(rows, wanted));
  }, [wanted]);
  return {
    rows,
    index,
    frame: frame ?? { fromNs: 0, untilNs: tree.lengthNs },
    closed,
    hasLogs,
    text,
    isFound: (row) => text !== "" && textOf(row).includes(text.toLowerCase()),
    select,
    toggle(key) {
      const after = new Set(closed);
      if (!after.delete(key)) after.add(key);
      setClosed(after);
    },
    setFrame,
    setLogs,
    setText,
    seek(step, fits) {
      for (let at = index + step; at >= 0 && at < rows.length; at += step) {
        if (fits(rows[at])) return select(at);
      }
    },
  };
}

/** Does what a key says; false when it says nothing. */
function obey(key: string, look: Look, tree: Tree): boolean {
  const { node, log } = look.rows[look.index];
  const isOpen = !look.closed.has(node.key);
  const canFold = node.below > 0 && log === undefined;
  if (key === "e") look.seek(1, (row) => row.log === undefined && row.node.span.isError);
  else if (key === "n") look.seek(1, look.isFound);
  else if (key === "p") look.seek(-1, look.isFound);
  else if (key === "l") look.setLogs(!look.hasLogs);
  else if (["+", "=", "-", "0", "z"].includes(key)) {
    look.setFrame(zoomed(key, look.frame, node, tree.lengthNs));
  } else if (key === "Enter" && canFold) look.toggle(node.key);
  else if (key === "ArrowRight" && canFold && !isOpen) look.toggle(node.key);
  else if (key === "ArrowLeft") {
    if (canFold && isOpen) look.toggle(node.key);
    else look.seek(-1, (row) => row.log === undefined && row.node.depth < node.depth);
  } else {
    const to = stepOf(key, look.index, look.rows.length);
    if (to === undefined) return false;
    look.select(to);
  }
  return true;
}

/** The waterfall of a trace, its minimap above and the selected row's details beside it. */
export function TraceBody({ tree, place }: { tree: Tree; place: Place }): VNode {
  const colorOf = useColors();
  const find = useRef<HTMLInputElement>(null);
  const look = useLook(tree, place);
  return (
    <>
      <Minimap tree={tree} colorOf={colorOf} frame={look.frame} setFrame={look.setFrame} />
      <Tools look={look} tree={tree} find={find} />
      <div class="split">
        <Waterfall
          rows={look.rows}
          frame={look.frame}
          selected={look.index}
          closed={look.closed}
          isFound={look.isFound}
          colorOf={colorOf}
          select={look.select}
          toggle={look.toggle}
          onKeyDown={(event) => {
            if (event.ctrlKey || event.metaKey || event.altKey) return;
            if (event.key === "/") find.current!.focus();
            else if (!obey(event.key, look, tree)) return;
            event.preventDefault();
          }}
        />
        <Details row={look.rows[look.index]} colorOf={colorOf} />
      </div>
    </>
  );
}

interface ToolsProps {
  readonly look: Look;
  readonly tree: Tree;
  readonly find: RefObject<HTMLInputElement>;
}

function Tools({ look, tree, find }: ToolsProps): VNode {
  const { frame, text } = look;
  return (
    <div class="tools">
      <label>
        <span class="hidden">Find in the trace</span>
        <input
          ref={find}
          type="search"
          placeholder="find in the trace"
          value={text}
          onInput={(event) => look.setText(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && look.seek(1, look.isFound)}
        />
      </label>
      {text !== "" && <span role="status">{look.rows.filter(look.isFound).length} found</span>}
      <label class="check">
        <input
          type="checkbox"
          checked={look.hasLogs}
          onChange={(event) => look.setLogs(event.currentTarget.checked)}
        />
        log lines
      </label>
      {(frame.fromNs > 0 || frame.untilNs < tree.lengthNs) && (
        <button
          type="button"
          onClick={() => look.setFrame({ fromNs: 0, untilNs: tree.lengthNs })}
        >
          show the whole time
        </button>
      )}
      <span class="keys wide-only">
        <kbd>↑↓</kbd> rows <kbd>←→</kbd> fold <kbd>e</kbd> next error <kbd>/</kbd> find <kbd>z</kbd>
        {" "}
        zoom <kbd>0</kbd> all
      </span>
    </div>
  );
}

/** The row of a span, else the first. */
function rowOfSpan(rows: readonly Row[], spanId: string | null): number {
  if (spanId === null) return 0;
  return Math.max(0, rows.findIndex(({ node, log }) => !log && node.span.spanId === spanId));
}

function textOf({ node, log }: Row): string {
  if (log !== undefined) return `${log.body} ${JSON.stringify(log.attributes)}`.toLowerCase();
  return `${node.span.service} ${node.span.name} ${JSON.stringify(node.span.attributes)}`
    .toLowerCase();
}
