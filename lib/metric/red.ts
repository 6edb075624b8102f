import type { Attributes } from "../core/attributes.ts";
import type { SpanRecord } from "../core/records.ts";
import type { Layer } from "../core/seams.ts";
import type { Meter } from "./meter.ts";

/** Options of {@linkcode redMetrics}. */
export interface RedOptions {
  /**
   * True when every trace is recorded, by `alwaysRecord(…)` or `alwaysOn()`: each span counts once.
   * Else a sampled span counts for as many as its threshold says. Default false.
   */
  readonly isEveryTraceRecorded?: boolean;
}

const SERVER = 1;
const CLIENT = 2;
const NAMES = {
  [SERVER]: ["http.request.method", "http.response.status_code", "http.route", "url.scheme"],
  [CLIENT]: [
    "http.request.method",
    "http.response.status_code",
    "server.address",
    "server.port",
  ],
} as const;
/** Combinations remembered; more are looked up by their values. */
const REMEMBERED = 1000;

/**
 * Rate, errors and duration from spans: `http.server.request.duration` and
 * `http.client.request.duration` in seconds, with the attributes of OpenTelemetry's semantic
 * conventions for HTTP metrics. Put it first in its pipe: it passes everything on.
 */
export function redMetrics(meter: Meter, options: RedOptions = {}): Layer {
  const durations = {
    [SERVER]: meter.histogram("http.server.request.duration", {
      unit: "s",
      description: "Duration of HTTP server requests.",
    }),
    [CLIENT]: meter.histogram("http.client.request.duration", {
      unit: "s",
      description: "Duration of HTTP client requests.",
    }),
  };
  const remembered = new Map<string, Attributes>();
  const attributesOf = (span: SpanRecord, kind: 1 | 2): Attributes => {
    const values: Record<string, unknown> = {};
    let key = `${kind}`;
    for (const name of NAMES[kind]) key += `\u0000${values[name] = span.attribute(name)}`;
    if (span.statusCode === 2) {
      const status = values["http.response.status_code"];
      values["error.type"] = span.attribute("error.type") ?? String(status ?? "_OTHER");
      key += `\u0000${values["error.type"]}`;
    }
    let set = remembered.get(key);
    if (set === undefined) {
      set = meter.attributes(values);
      if (remembered.size < REMEMBERED) remembered.set(key, set);
    }
    return set;
  };
  return (next) => ({
    onSpan(span) {
      const { kind } = span;
      if (
        (kind === SERVER || kind === CLIENT) && span.attribute("http.request.method") !== undefined
      ) {
        const weight = options.isEveryTraceRecorded === true ? 1 : weightOf(span);
        if (weight > 0) {
          durations[kind].record(span.durationMs / 1000, attributesOf(span, kind), {
            weight,
            ...(span.isSampled ? { span } : undefined),
          });
        }
      }
      next.onSpan?.(span);
    },
  });
}

const THRESHOLD = /(?:^|,)ot=(?:[^,;]*;)*th:([0-9a-f]{1,14})(?=[;,]|$)/;
let lastText = "";
let lastWeight = 1;

/** For how many spans one stands; 0 for one that is not sampled. */
function weightOf({ isSampled, traceStateText }: SpanRecord): number {
  if (!isSampled) return 0;
  if (traceStateText === lastText) return lastWeight;
  const digits = THRESHOLD.exec(traceStateText)?.[1] ?? "0";
  lastText = traceStateText;
  lastWeight = 1 / (1 - Number.parseInt(digits.padEnd(14, "0"), 16) / 2 ** 56);
  return lastWeight;
}
