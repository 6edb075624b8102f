/// <reference lib="dom" />
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { bytes, useApi } from "./state.ts";
import type { Flow, Settings } from "./types.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "off"] as const;
const FAULTS = ["off", "some", "many"] as const;
const SAMPLERS = ["ratio", "rules", "limit"] as const;
const SAMPLER_TEXTS = {
  ratio: "by chance",
  rules: "checkouts whole, the rest by chance",
  limit: "5 traces a second",
};
const TAILS = ["off", "on"] as const;
const TAIL_TEXTS = { off: "all", on: "errors, slow and rare ones" };
const RATIOS = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 1];
/** Seconds that are drawn. */
const KEPT = 90;

/** The rates of one second. */
export interface Second {
  readonly requests: number;
  readonly failures: number;
  readonly spans: number;
  readonly lines: number;
  readonly bytes: number;
  readonly tracesSeen: number;
  readonly failuresSeen: number;
}

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

/** Changes the running demo, and shows at once what that costs and what can still be seen. */
export function PlayView(): VNode {
  const { data, error } = useApi<Settings | null>("play");
  const [settings, setSettings] = useState<Settings>();
  const [problem, setProblem] = useState<string>();
  const shown = settings ?? data ?? undefined;
  const change = async (part: Partial<Settings>) => {
    try {
      const response = await fetch("/api/play", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(part),
      });
      const body = await response.json();
      if (response.ok) setSettings(body);
      setProblem(response.ok ? undefined : String(body.error));
    } catch (cause) {
      setProblem(String(cause));
    }
  };
  return (
    <section aria-labelledby="title">
      <h1 id="title">Play</h1>
      <p class="meta">Change the running services; the rates below follow.</p>
      {(error ?? problem) !== undefined && <p class="problem" role="alert">{error ?? problem}</p>}
      {data === null && <p class="empty">No service runs here: the console stands alone.</p>}
      {shown !== undefined && shown !== null && <Panel settings={shown} change={change} />}
      {shown !== undefined && shown !== null && <Effect />}
    </section>
  );
}

interface PanelProps {
  readonly settings: Settings;
  readonly change: (part: Partial<Settings>) => void;
}

function Panel({ settings, change }: PanelProps): VNode {
  return (
    <form class="panel" onSubmit={(event) => event.preventDefault()}>
      <Choice
        name="Log level"
        values={LEVELS}
        value={settings.level}
        change={(level) => change({ level })}
      />
      <Choice
        name="Chance of a trace"
        values={RATIOS}
        value={settings.sampling}
        text={(ratio) => `${ratio * 100} %`}
        change={(sampling) => change({ sampling })}
      />
      <Choice
        name="Sampled at the start"
        values={SAMPLERS}
        value={settings.sampler}
        text={(one) => SAMPLER_TEXTS[one]}
        change={(sampler) => change({ sampler })}
      />
      <Choice
        name="Kept at the end"
        values={TAILS}
        value={settings.tail}
        text={(one) => TAIL_TEXTS[one]}
        change={(tail) => change({ tail })}
      />
      <Choice
        name="Faults"
        values={FAULTS}
        value={settings.faults}
        change={(faults) => change({ faults })}
      />
      <Choice
        name="Requests a second"
        values={[1, 4, 20, 100, 300]}
        value={settings.rate}
        change={(rate) => change({ rate })}
      />
    </form>
  );
}

interface ChoiceProps<T> {
  readonly name: string;
  readonly values: readonly T[];
  readonly value: T;
  readonly text?: (value: T) => string;
  readonly change: (value: T) => void;
}

function Choice<T extends string | number>(
  { name, values, value, text, change }: ChoiceProps<T>,
): VNode {
  const all = values.includes(value) ? values : [...values, value];
  return (
    <fieldset>
      <legend>{name}</legend>
      {all.map((one) => (
        <label key={one} class="choice">
          <input
            type="radio"
            name={name}
            value={one}
            checked={one === value}
            onChange={() => change(one)}
          />
          {text?.(one) ?? one}
        </label>
      ))}
    </fieldset>
  );
}

function Effect(): VNode {
  const { data } = useApi<Flow | null>("flow", 1000);
  const before = useRef<Flow>();
  const [seconds, setSeconds] = useState<readonly Second[]>([]);
  useEffect(() => {
    if (data === undefined || data === null) return;
    const last = before.current;
    before.current = data;
    if (last === undefined || data.timeMs <= last.timeMs) return;
    setSeconds((kept) => [...kept, rateOf(last, data)].slice(-KEPT));
  }, [data]);
  const series = (name: keyof Second) => seconds.map((second) => second[name]);
  const perSecond = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)}/s`;
  return (
    <div class="tiles">
      <Tile title="Requests" values={series("requests")} text={perSecond} />
      <Tile title="Spans sent" values={series("spans")} text={perSecond} />
      <Tile title="Lines sent" values={series("lines")} text={perSecond} />
      <Tile title="Bytes sent" values={series("bytes")} text={(value) => `${bytes(value)}/s`} />
      <Tile title="Traces seen" values={series("tracesSeen")} text={perSecond} />
      <Tile title="Failed checkouts" values={series("failures")} text={perSecond} />
      <Tile title="Failed checkouts seen" values={series("failuresSeen")} text={perSecond} />
    </div>
  );
}

interface TileProps {
  readonly title: string;
  readonly values: readonly number[];
  readonly text: (value: number) => string;
}

/** Averages over this many seconds: batches arrive in steps. */
const SMOOTH = 5;

function Tile({ title, values, text }: TileProps): VNode {
  const recent = values.slice(-SMOOTH);
  const now = recent.reduce((sum, value) => sum + value, 0) / Math.max(1, recent.length);
  const most = Math.max(1e-9, ...values);
  const points = values.map((value, index) =>
    `${index / Math.max(20, values.length - 1) * 200},${40 - value / most * 38}`
  );
  return (
    <figure class="tile">
      <figcaption>{title}</figcaption>
      <output>{values.length === 0 ? "…" : text(now)}</output>
      <svg viewBox="0 0 200 40" preserveAspectRatio="none" aria-hidden="true">
        <polyline points={points.join(" ")} />
      </svg>
    </figure>
  );
}
