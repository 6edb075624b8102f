/// <reference lib="dom" />
// @ts-types="npm:@types/d3-scale@4.0.9"
import { scaleLinear } from "d3-scale";
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Frame } from "./minimap.tsx";
import { Sized } from "./parts.tsx";
import { duration, levelOf, safe } from "./text.ts";
import type { Row } from "./waterfall.ts";

const ROW_PX = 26;
const VIEW_PX = 560;
const RULER_PX = 26;

interface WaterfallProps {
  readonly rows: readonly Row[];
  readonly frame: Frame;
  readonly selected: number;
  readonly closed: ReadonlySet<string>;
  readonly isFound: (row: Row) => boolean;
  readonly colorOf: (service: string) => string;
  readonly select: (index: number) => void;
  readonly toggle: (key: string) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** Only the rows that can be seen are drawn, so that ten thousand spans cost what fifty do. */
export function Waterfall(props: WaterfallProps): VNode {
  const { rows, frame, selected } = props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => {
    const element = box.current!;
    const at = selected * ROW_PX;
    const height = element.clientHeight - RULER_PX;
    if (at < element.scrollTop) element.scrollTop = at;
    else if (at + ROW_PX > element.scrollTop + height) element.scrollTop = at + ROW_PX - height;
  }, [selected, rows]);
  const from = Math.max(0, Math.floor(top / ROW_PX) - 10);
  const visible = rows.slice(from, from + Math.ceil(VIEW_PX / ROW_PX) + 20);
  return (
    <div
      class={rows.length * ROW_PX + RULER_PX < VIEW_PX ? "waterfall few" : "waterfall"}
      ref={box}
      tabIndex={0}
      role="tree"
      aria-label="Spans"
      aria-activedescendant={`row-${selected}`}
      onKeyDown={props.onKeyDown}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <Ruler frame={frame} />
      <svg width="1" height={rows.length * ROW_PX} class="space" aria-hidden="true" />
      {visible.map((row, offset) => {
        const index = from + offset;
        return (
          <RowView
            key={`${row.node.key} ${row.log?.timeNs ?? ""} ${row.log === undefined ? "" : index}`}
            {...props}
            row={row}
            index={index}
            isSelected={index === selected}
          />
        );
      })}
    </div>
  );
}

/** The times of the frame. */
function Ruler({ frame }: { frame: Frame }): VNode {
  const scale = scaleLinear([frame.fromNs / 1e6, frame.untilNs / 1e6], [0, 1]);
  return (
    <div class="ruler" aria-hidden="true">
      <span class="track">
        {scale.ticks(innerWidth < 760 ? 2 : 6).filter((ms) => scale(ms) < 0.97).map((ms) => (
          <Sized key={ms} className="mark" style={{ insetInlineStart: `${scale(ms) * 100}%` }}>
            {duration(ms)}
          </Sized>
        ))}
      </span>
    </div>
  );
}

interface RowProps extends WaterfallProps {
  readonly row: Row;
  readonly index: number;
  readonly isSelected: boolean;
}

function RowView({ row, index, isSelected, select, toggle, closed, ...props }: RowProps): VNode {
  const { node, log } = row;
  const place = useRef<HTMLDivElement>(null);
  const depth = Math.min(node.depth + (log === undefined ? 0 : 1), 24);
  useEffect(() => {
    place.current!.style.transform = `translateY(${index * ROW_PX + RULER_PX}px)`;
    place.current!.style.setProperty("--depth", String(depth));
  }, [index, depth]);
  const isOpen = node.below > 0 && log === undefined ? !closed.has(node.key) : undefined;
  const classes = [
    "row",
    log === undefined ? props.colorOf(node.span.service) : `log ${levelOf(log.severity)}`,
    isSelected ? "selected" : "",
    log === undefined && node.span.isError ? "failed" : "",
    node.isCritical ? "critical" : "",
    props.isFound(row) ? "found" : "",
  ].join(" ");
  return (
    <div
      ref={place}
      id={`row-${index}`}
      class={classes}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={isSelected}
      aria-expanded={isOpen}
      onClick={() => select(index)}
    >
      {log === undefined
        ? <SpanCells row={row} frame={props.frame} isOpen={isOpen} toggle={toggle} />
        : <LogCells row={row} frame={props.frame} />}
    </div>
  );
}

/** Where a moment lies in the frame: below 0 and above 1 it is outside. */
function partOf(ns: number, { fromNs, untilNs }: Frame): number {
  return (ns - fromNs) / (untilNs - fromNs);
}

function percent(part: number): string {
  return `${(Math.max(-1, Math.min(2, part)) * 100).toFixed(3)}%`;
}

function SpanCells(
  { row: { node }, frame, isOpen, toggle }: {
    row: Row;
    frame: Frame;
    isOpen: boolean | undefined;
    toggle: (key: string) => void;
  },
): VNode {
  const { span } = node;
  const left = partOf(node.startNs, frame);
  const right = partOf(node.endNs, frame);
  return (
    <>
      <span class="label">
        <span
          class={isOpen === undefined ? "fold" : isOpen ? "fold open" : "fold closed"}
          aria-hidden="true"
          onClick={(event) => {
            if (isOpen === undefined) return;
            event.stopPropagation();
            toggle(node.key);
          }}
        />
        {node.producer !== undefined && (
          <span class="linked" title="it came over a link, as over a queue">⤷</span>
        )}
        {span.isError && <span class="cross" aria-hidden="true">✗</span>}
        <span class="service">{safe(span.service, 40)}</span> {safe(span.name, 80)}
        {isOpen === false && <span class="faint">+{node.below}</span>}
      </span>
      <span class="track">
        {node.producer !== undefined && <Wait node={node} frame={frame} />}
        <Sized
          className="span"
          style={{
            insetInlineStart: percent(left),
            inlineSize: `max(2px, ${percent(Math.max(0, right - left))})`,
          }}
        />
      </span>
      <span class="number">{duration(span.durationMs)}</span>
    </>
  );
}

/** The time between a message's sending and its processing. */
function Wait({ node, frame }: { node: Row["node"]; frame: Frame }): VNode | null {
  const waitedNs = node.startNs - node.producer!.endNs;
  if (waitedNs <= 0) return null;
  const left = partOf(node.producer!.endNs, frame);
  return (
    <Sized
      className="wait"
      title={`waited ${duration(waitedNs / 1e6)}`}
      style={{
        insetInlineStart: percent(left),
        inlineSize: percent(partOf(node.startNs, frame) - left),
      }}
    />
  );
}

function LogCells({ row, frame }: { row: Row; frame: Frame }): VNode | null {
  if (row.log === undefined) return null;
  const part = partOf(row.atNs, frame);
  const level = levelOf(row.log.severity);
  return (
    <>
      <span class="label">
        <span class="level">{level}</span> {safe(row.log.body, 120)}
      </span>
      <span class="track">
        {part >= 0 && part <= 1 && (
          <Sized className="tick" style={{ insetInlineStart: percent(part) }} />
        )}
      </span>
      <span class="number">{duration(row.atNs / 1e6)}</span>
    </>
  );
}
