import type { TailCriterion, TailOptions } from "../../mod.ts";

/** What is kept, by the library's own options. */
export interface CollectorSampling {
  /** The options that `tail()` takes; undefined keeps every trace. */
  readonly tail?: TailOptions;
  /** The part of the traces that is kept before, as `probability()` would; default 1. */
  readonly probability?: number;
}

/** A collector's processors, and what the options say that they can't. */
export interface Processors {
  /** By name, in the order in which traces meet them. */
  readonly processors: Readonly<Record<string, unknown>>;
  /** Where the collector differs from the library: a line each. */
  readonly notes: readonly string[];
}

/** A policy of the collector's tail sampling. */
interface Policy {
  readonly name: string;
  readonly type: string;
  readonly [settings: string]: unknown;
}

/** How long a trace is waited for, from its first span on, when the options don't say. */
const WAIT_MS = 30_000;

/**
 * The collector's tail sampling from the options of the library's `tail`, and its probabilistic
 * sampler from a probability. A trace is kept when a policy wants it, as by the library's rules.
 *
 * @throws {TypeError} When nothing of what is to be kept can be told a collector.
 */
export function processorsOf({ tail, probability = 1 }: CollectorSampling): Processors {
  const processors: Record<string, unknown> = {};
  const notes: string[] = [];
  if (probability < 1) {
    // Proportional: by the trace's random bits and the threshold that it has (OTEP 235).
    processors.probabilistic_sampler = {
      mode: "proportional",
      sampling_percentage: probability * 100,
    };
  }
  if (tail !== undefined) {
    const policies = (tail.keep ?? []).flatMap(({ looksFor }, index): Policy[] => {
      if (looksFor === undefined) {
        notes.push(`keep[${index}] is a rule of your own: the collector does not have it`);
        return [];
      }
      return policiesOf(looksFor, index, notes);
    });
    const { otherwise = 0 } = tail;
    if (otherwise > 0) policies.push(others(otherwise));
    if (policies.length === 0) {
      throw new TypeError(
        "tail: nothing that it keeps can be told a collector: " + (notes.join("; ") || "no rule"),
      );
    }
    if (otherwise > 0 && otherwise < 1) {
      notes.push(
        "otherwise: the collector does not write the probability into tracestate: counts from " +
          "what it keeps are too low",
      );
    }
    processors.tail_sampling = {
      decision_wait: `${tail.deadlineMs ?? WAIT_MS}ms`,
      num_traces: 50_000,
      policies,
    };
  }
  return { processors, notes };
}

function others(part: number): Policy {
  return {
    name: "otherwise",
    type: "probabilistic",
    probabilistic: { sampling_percentage: part * 100 },
  };
}

function policiesOf(looksFor: TailCriterion, index: number, notes: string[]): Policy[] {
  switch (looksFor.kind) {
    case "errors":
      notes.push("errors(): log lines at level error are not seen by the collector, spans are");
      return [{
        name: `${index}-errors`,
        type: "status_code",
        status_code: { status_codes: ["ERROR"] },
      }];
    case "slowerThan":
      notes.push(
        `slowerThan(${looksFor.durationMs}): the collector takes the time from the trace's first ` +
          "start to its last end, not that of a span",
      );
      return [{
        name: `${index}-slower-than`,
        type: "latency",
        latency: { threshold_ms: looksFor.durationMs },
      }];
    case "hasAttribute":
      return [{ name: `${index}-attribute`, ...attributePolicy(looksFor.key, looksFor.value) }];
    case "rare":
      notes.push(
        "rare(): the collector knows no rare traces: they are kept as the others are; keep rare() " +
          "in the service, before the collector",
      );
      return [];
  }
}

/** A policy without its name. */
type Settings = { readonly type: string } & Readonly<Record<string, unknown>>;

function attributePolicy(key: string, value: unknown): Settings {
  switch (typeof value) {
    case "string":
      return { type: "string_attribute", string_attribute: { key, values: [value] } };
    case "number":
      // Whole numbers alone: what lies between is told by a condition.
      if (Number.isInteger(value)) {
        return {
          type: "numeric_attribute",
          numeric_attribute: { key, min_value: value, max_value: value },
        };
      }
      return condition(`attributes[${JSON.stringify(key)}] == ${value}`);
    case "boolean":
      return { type: "boolean_attribute", boolean_attribute: { key, value } };
    default:
      return condition(`attributes[${JSON.stringify(key)}] != nil`);
  }
}

function condition(span: string): Settings {
  return { type: "ottl_condition", ottl_condition: { error_mode: "ignore", span: [span] } };
}
