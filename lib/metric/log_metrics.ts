import type { Attributes } from "../core/attributes.ts";
import { matchesGlob } from "../core/glob.ts";
import { type Level, SEVERITY } from "../core/level.ts";
import type { LogRecord } from "../core/records.ts";
import type { Layer } from "../core/seams.ts";
import { ownValue } from "../core/value.ts";
import type { Meter } from "./meter.ts";

/** A number that is read off log lines. */
export interface LogMetricRule {
  /** The metric's name. */
  readonly metric: string;
  /** Lines of this level or above; default all that are written. */
  readonly level?: Level;
  /** Their message; `*` stands for any run of characters. */
  readonly message?: string;
  /** The name of the event they are. */
  readonly event?: string;
  /** The field whose number goes into a histogram; without one lines are counted. */
  readonly value?: string;
  /** Fields that become attributes of the metric. */
  readonly attributes?: readonly string[];
  /** In UCUM. */
  readonly unit?: string;
  /** For people. */
  readonly description?: string;
}

const NAMES = [
  "metric",
  "level",
  "message",
  "event",
  "value",
  "attributes",
  "unit",
  "description",
];

/**
 * Turns lines into counters and histograms, so that a number can be read off without reading text
 * again. It sees the lines that are written, and passes everything on. A line that `sampledLogs` has
 * said to stand for others counts as so many.
 *
 * @throws {TypeError} When a rule has no metric, or names something unknown.
 */
export function logMetrics(meter: Meter, rules: readonly LogMetricRule[]): Layer {
  const takers = rules.map((rule, index) => {
    checkRule(rule, index);
    return takerOf(meter, rule);
  });
  return (next) => ({
    onLog(record) {
      for (const take of takers) take(record);
      next.onLog?.(record);
    },
  });
}

function checkRule(rule: LogMetricRule, index: number): void {
  const where = `logMetrics(): rules[${index}]`;
  if (typeof rule?.metric !== "string") throw new TypeError(`${where}.metric is missing`);
  const unknown = Object.keys(rule).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${where} has ${unknown}, allowed are ${NAMES.join(", ")}`);
  }
}

function takerOf(meter: Meter, rule: LogMetricRule): (record: LogRecord) => void {
  const { metric, unit, description, value, level, message, event, attributes = [] } = rule;
  const histogram = value === undefined
    ? undefined
    : meter.histogram(metric, { unit, description });
  const counter = value === undefined ? meter.counter(metric, { unit, description }) : undefined;
  const least = level === undefined ? 0 : SEVERITY[level];
  return (record) => {
    if (record.severity < least) return;
    if (event !== undefined && record.eventName !== event) return;
    if (message !== undefined && !matchesGlob(message, record.message)) return;
    const values: Record<string, unknown> = {};
    for (const name of attributes) values[name] = fieldOf(record, name);
    const weight = weightOf(record);
    counter?.add(weight, values);
    const number = value === undefined ? undefined : fieldOf(record, value);
    if (typeof number === "number") histogram?.record(number, values, { weight });
  };
}

/** For how many lines this one stands, where `sampledLogs` is before. */
function weightOf({ fields }: LogRecord): number {
  const count = own(fields, "sextant.adjusted_count");
  return typeof count === "number" && count > 0 && count < Number.POSITIVE_INFINITY ? count : 1;
}

function fieldOf({ fields, bindings }: LogRecord, name: string): unknown {
  return own(fields, name) ?? own(bindings, name);
}

function own(fields: Attributes | undefined, name: string): unknown {
  return ownValue(fields, name);
}
