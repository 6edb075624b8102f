/// <reference lib="dom" />
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { Effect } from "./effect.tsx";
import { Empty, Problem } from "./parts.tsx";
import { useApi } from "./state.ts";
import type { Settings } from "./types.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "off"] as const;
const FAULTS = ["off", "some", "many"] as const;
const SAMPLERS = ["ratio", "rules", "limit"] as const;
const SAMPLER_TEXTS: Record<Settings["sampler"], string> = {
  ratio: "by chance",
  rules: "checkouts whole, the rest by chance",
  limit: "5 traces a second",
};
const TAILS = ["off", "on"] as const;
const TAIL_TEXTS: Record<Settings["tail"], string> = {
  off: "all of them",
  on: "errors, slow and rare ones",
};
const RATIOS = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 1];
const RATES = [1, 4, 20, 100, 300];

/** Changes the running demo, and shows at once what that costs and what can still be seen. */
export function PlayView(): VNode {
  const { data, error } = useApi<Settings | null>("play");
  const [settings, setSettings] = useState<Settings>();
  const [problem, setProblem] = useState<string>();
  const [changes, setChanges] = useState(0);
  const shown = settings ?? data;
  const change = async (part: Partial<Settings>) => {
    try {
      const response = await fetch("/api/play", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(part),
      });
      const body = await response.json();
      setProblem(response.ok ? undefined : String(body.error));
      if (!response.ok) return;
      setSettings(body);
      setChanges((count) => count + 1);
    } catch (cause) {
      setProblem(String(cause));
    }
  };
  return (
    <section aria-labelledby="title">
      <h1 id="title">Play</h1>
      <Problem text={error ?? problem} />
      {data === null && (
        <Empty title="No shop runs in this process">
          <code>deno task demo</code> starts one with this panel.
        </Empty>
      )}
      {shown !== undefined && shown !== null && (
        <div class="play">
          <Panel settings={shown} change={change} />
          <Effect changes={changes} />
        </div>
      )}
    </section>
  );
}

interface PanelProps {
  readonly settings: Settings;
  readonly change: (part: Partial<Settings>) => void;
}

function Panel({ settings, change }: PanelProps): VNode {
  return (
    <form class="panel" onSubmit={(event) => event.preventDefault()} aria-label="Settings">
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
        name="Log level"
        values={LEVELS as readonly string[]}
        value={settings.level}
        change={(level) => change({ level })}
      >
        <label class="directives">
          <span class="hidden">Log level directives</span>
          <input
            type="text"
            spellcheck={false}
            placeholder="warn,payments=debug"
            value={LEVELS.includes(settings.level as never) ? "" : settings.level}
            onChange={(event) => {
              const text = event.currentTarget.value.trim();
              if (text !== "") change({ level: text });
            }}
          />
        </label>
      </Choice>
      <Choice
        name="Faults"
        values={FAULTS}
        value={settings.faults}
        change={(faults) => change({ faults })}
      />
      <Choice
        name="Requests a second"
        values={RATES}
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
  readonly children?: VNode;
}

function Choice<T extends string | number>(
  { name, values, value, text, change, children }: ChoiceProps<T>,
): VNode {
  const all = values.includes(value) || children !== undefined ? values : [...values, value];
  return (
    <fieldset>
      <legend>{name}</legend>
      <div class="choices">
        {all.map((one) => (
          <label key={one} class="choice">
            <input
              type="radio"
              name={name}
              value={one}
              checked={one === value}
              onChange={() => change(one)}
            />
            <span>{text?.(one) ?? one}</span>
          </label>
        ))}
      </div>
      {children}
    </fieldset>
  );
}
