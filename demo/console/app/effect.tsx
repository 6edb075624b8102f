/// <reference lib="dom" />
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useApi } from "./state.ts";
import { bytes } from "./text.ts";
import type { Flow } from "./types.ts";

/** Seconds that are drawn. */
const KEPT = 90;
/** Averages over this many seconds: batches arrive in steps. */
const SMOOTH = 5;

/** The rates of one second. */
export type Second = Readonly<Record<Exclude<keyof Flow, "timeMs">, number>>;

/** The rates between two readings. */
export function rateOf(before: Flow, after: Flow): Second {
  const seconds = Math.max(0.001, (after.timeMs - before.timeMs) / 1000);
  const rate = (name: keyof Flow) => Math.max(0, after[name] - before[name]) / seconds;
  return {
    requests: rate("requests"),
    failures: rate("failures"),
    spans: rate("spans"),
    lines: rate("lines"),
    bytes: rate("bytes"),
    tracesSeen: rate("tracesSeen"),
    failuresSeen: rate("failuresSeen"),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** When something was changed, and the rates just before. */
interface Before {
  readonly at: number;
  readonly rates: Second;
}

/** What the present settings cost and what they still let one see, beside what it was before. */
export function Effect({ changes }: { changes: number }): VNode {
  const { data } = useApi<Flow | null>("flow", 1000);
  const last = useRef<Flow>();
  const [seconds, setSeconds] = useState<readonly Second[]>([]);
  const [before, setBefore] = useState<Before>();
  const seen = useRef(0);
  useEffect(() => {
    if (data === undefined || data === null) return;
    const previous = last.current;
    last.current = data;
    if (previous === undefined || data.timeMs <= previous.timeMs) return;
    setSeconds((kept) => [...kept, rateOf(previous, data)].slice(-KEPT));
    seen.current++;
  }, [data]);
  useEffect(() => {
    if (changes === 0 || seconds.length === 0) return;
    const recent = seconds.slice(-SMOOTH);
    const rates = Object.fromEntries(
      Object.keys(recent[0]).map((name) => [name, mean(recent.map((one) => one[name as "spans"]))]),
    ) as Second;
    setBefore({ at: seen.current, rates });
  }, [changes]);
  // Seconds of the present settings alone.
  const since = before === undefined ? SMOOTH : Math.max(1, seen.current - before.at);
  const recent = seconds.slice(-Math.min(SMOOTH, since));
  const now = (name: keyof Second) => mean(recent.map((one) => one[name]));
  const tile = (name: keyof Second, title: string, text: (value: number) => string) => (
    <Tile
      title={title}
      values={seconds.map((one) => one[name])}
      now={seconds.length === 0 ? undefined : now(name)}
      before={before?.rates[name]}
      changedAt={before === undefined ? undefined : seconds.length - (seen.current - before.at)}
      text={text}
    />
  );
  const perSecond = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)}/s`;
  return (
    <div class="effect">
      <Sentence now={now} isReady={seconds.length > 0} />
      <h2>What it costs</h2>
      <div class="tiles">
        {tile("spans", "Spans sent", perSecond)}
        {tile("lines", "Lines sent", perSecond)}
        {tile("bytes", "Bytes sent", (value) => `${bytes(value)}/s`)}
      </div>
      <h2>What is still visible</h2>
      <div class="tiles">
        {tile("requests", "Requests", perSecond)}
        {tile("tracesSeen", "Traces seen", perSecond)}
        {tile("failures", "Failed checkouts", perSecond)}
        {tile("failuresSeen", "Failed checkouts seen", perSecond)}
      </div>
    </div>
  );
}

/** The bargain in a sentence. */
function Sentence(
  { now, isReady }: { now: (name: keyof Second) => number; isReady: boolean },
): VNode {
  if (!isReady) return <p class="sentence">Measuring…</p>;
  const requests = Math.max(now("requests"), 0.001);
  const part = (seen: number, all: number) =>
    all < 0.05 ? "none came" : `${Math.min(100, Math.round(seen / all * 100))} %`;
  return (
    <p class="sentence" role="status">
      <strong>{bytes(now("bytes") / requests)}</strong> and{" "}
      <strong>{(now("spans") / requests).toFixed(1)}</strong> spans a request; in the traces are
      {" "}
      <strong>{part(now("tracesSeen"), requests)}</strong> of all requests and{" "}
      <strong>{part(now("failuresSeen"), now("failures"))}</strong> of failed checkouts.
    </p>
  );
}

interface TileProps {
  readonly title: string;
  readonly values: readonly number[];
  readonly now: number | undefined;
  readonly before: number | undefined;
  /** The second in which something was changed. */
  readonly changedAt: number | undefined;
  readonly text: (value: number) => string;
}

function Tile({ title, values, now, before, changedAt, text }: TileProps): VNode {
  const most = Math.max(1e-9, ...values);
  const x = (index: number) => index / Math.max(30, values.length - 1) * 200;
  const points = values.map((value, index) => `${x(index)},${40 - value / most * 37}`);
  return (
    <figure class="tile">
      <figcaption>{title}</figcaption>
      <output>{now === undefined ? "…" : text(now)}</output>
      <span class="before">{before === undefined ? "\u00a0" : `before: ${text(before)}`}</span>
      <svg viewBox="0 0 200 40" preserveAspectRatio="none" aria-hidden="true">
        {changedAt !== undefined && changedAt >= 0 && (
          <line class="changed" x1={x(changedAt - 1)} x2={x(changedAt - 1)} y1="0" y2="40" />
        )}
        {points.length > 0 && (
          <polygon points={`0,40 ${points.join(" ")} ${x(values.length - 1)},40`} />
        )}
        <polyline points={points.join(" ")} />
      </svg>
    </figure>
  );
}
