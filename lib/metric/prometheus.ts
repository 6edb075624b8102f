import type { Attributes } from "../core/attributes.ts";
import type { Exemplar, MetricRecord, Point } from "../core/metric_records.ts";

/** What can be read. */
export interface PrometheusSource {
  /** Reads all instruments. */
  collect(): readonly MetricRecord[];
  /** Must be cumulative. */
  readonly temporality: "delta" | "cumulative";
}

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** Units by their names in Prometheus (OpenTelemetry, "Prometheus and OpenMetrics Compatibility"). */
const UNITS: Readonly<Record<string, string>> = {
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
  min: "minutes",
  h: "hours",
  d: "days",
  By: "bytes",
  KiBy: "kibibytes",
  MiBy: "mebibytes",
  kBy: "kilobytes",
  MBy: "megabytes",
  "1": "ratio",
  "%": "percent",
  Cel: "celsius",
};

/**
 * A fetch handler that answers with the metrics of a meter in Prometheus' text format, or in
 * OpenMetrics with exemplars where that is asked for: `app.get("/metrics", (c) => metrics(c.req.raw))`.
 * Exponential histograms are given with the buckets they have.
 *
 * @param resource What `target_info` says, such as `{ "service.name": "orders" }`.
 * @throws {TypeError} When the meter's temporality is delta: what Prometheus reads must not vanish.
 */
export function prometheus(
  meter: PrometheusSource,
  resource: Attributes = {},
): (request: Request) => Response {
  if (meter.temporality === "delta") {
    throw new TypeError(
      'prometheus(): the meter\'s temporality is "delta", allowed is "cumulative"',
    );
  }
  return (request) => {
    const isOpen = (request.headers.get("accept") ?? "").includes("application/openmetrics-text");
    return new Response(exposition(meter.collect(), resource, isOpen), {
      headers: { "content-type": isOpen ? OPEN : TEXT },
    });
  };
}

/** Metrics as text. */
export function exposition(
  metrics: readonly MetricRecord[],
  resource: Attributes,
  isOpen: boolean,
): string {
  const lines: string[] = [];
  if (Object.keys(resource).length > 0) {
    lines.push(
      "# HELP target_info Target metadata",
      `# TYPE ${isOpen ? "target info" : "target_info gauge"}`,
      `target_info${labels(resource)} 1`,
    );
  }
  // One family may be made in several scopes; its lines must stand together.
  const families = Map.groupBy(metrics, (metric) => familyOf(metric));
  for (const [family, members] of families) {
    const [{ description, kind }] = members;
    const type = kind === "sum" ? sumType(members[0]) : kind === "gauge" ? "gauge" : "histogram";
    const isCounter = type === "counter";
    const named = isCounter && !isOpen ? `${family}_total` : family;
    if (description !== "") lines.push(`# HELP ${named} ${escaped(description, false)}`);
    lines.push(`# TYPE ${named} ${type}`);
    for (const metric of members) {
      const scope = { otel_scope_name: metric.scope.name };
      writePoints(lines, isCounter ? `${family}_total` : family, metric, scope, isOpen);
    }
  }
  if (isOpen) lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function sumType(metric: MetricRecord): "counter" | "gauge" {
  return metric.kind === "sum" && metric.isMonotonic ? "counter" : "gauge";
}

function writePoints(
  lines: string[],
  name: string,
  metric: MetricRecord,
  scope: Attributes,
  isOpen: boolean,
): void {
  if (metric.kind === "sum" || metric.kind === "gauge") {
    for (const { attributes, value } of metric.points) {
      lines.push(`${name}${labels({ ...attributes, ...scope })} ${numberText(value)}`);
    }
    return;
  }
  for (const point of metric.points) {
    const attributes = { ...point.attributes, ...scope };
    let count = 0;
    let below = Number.NEGATIVE_INFINITY;
    for (const [bound, inBucket] of bucketsOf(point)) {
      count += inBucket;
      const found = isOpen
        ? point.exemplars.find(({ value }) => value > below && value <= bound)
        : undefined;
      lines.push(
        `${name}_bucket${labels({ ...attributes, le: numberText(bound) })} ${count}${
          exemplarText(found)
        }`,
      );
      below = bound;
    }
    lines.push(
      `${name}_sum${labels(attributes)} ${numberText(point.sum)}`,
      `${name}_count${labels(attributes)} ${point.count}`,
    );
  }
}

type Distribution = Extract<MetricRecord, { kind: "histogram" | "exponential" }>["points"][number];

/** Bounds with the counts between them, the last one +Inf. */
function bucketsOf(point: Distribution & Point): [bound: number, count: number][] {
  if ("bounds" in point) {
    return point.bucketCounts.map((count, index) => [point.bounds[index] ?? Infinity, count]);
  }
  const base = 2 ** (2 ** -point.scale);
  const { positive, negative, zeroCount } = point;
  const below = negative.counts.map((count, index): [number, number] => [
    -(base ** (negative.offset + index)),
    count,
  ]).reverse();
  const above = positive.counts.map((count, index): [number, number] => [
    base ** (positive.offset + index + 1),
    count,
  ]);
  return [...below, ...(zeroCount > 0 ? [[0, zeroCount] as [number, number]] : []), ...above, [
    Number.POSITIVE_INFINITY,
    0,
  ]];
}

function exemplarText(exemplar: Exemplar | undefined): string {
  if (exemplar === undefined) return "";
  const { span, value, epochMs } = exemplar;
  const ids = `trace_id="${span.traceId}",span_id="${span.spanId}"`;
  return ` # {${ids}} ${numberText(value)} ${(epochMs / 1000).toFixed(3)}`;
}

/** The name with its unit, without `_total`. */
function familyOf(metric: MetricRecord): string {
  let name = metric.name.replace(/[^A-Za-z0-9_:]+/g, "_").replace(/_total$/, "");
  const unit = unitText(metric);
  if (unit !== "" && !name.endsWith(`_${unit}`)) name += `_${unit}`;
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

function unitText({ unit, kind }: MetricRecord): string {
  // Annotations such as {request} are no units; 1 is one for gauges alone.
  const plain = unit.replace(/\{[^}]*\}/g, "");
  if (plain === "" || (plain === "1" && kind !== "gauge")) return "";
  return plain.split("/").filter((part) => part !== "").map((part) =>
    UNITS[part] ?? part.replace(/[^A-Za-z0-9_]+/g, "_")
  ).join("_per_");
}

function labels(attributes: Attributes): string {
  const byName = new Map<string, string>();
  for (const key of Object.keys(attributes)) {
    const name = key.replace(/[^A-Za-z0-9_]/g, "_").replace(/^[0-9]/, "_$&");
    const value = escaped(String(attributes[key]), true);
    // Two names may become one: their values are put together.
    const before = byName.get(name);
    byName.set(name, before === undefined ? value : `${before};${value}`);
  }
  if (byName.size === 0) return "";
  return `{${Array.from(byName, ([name, value]) => `${name}="${value}"`).join(",")}}`;
}

function escaped(text: string, isLabel: boolean): string {
  const plain = text.toWellFormed().replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return isLabel ? plain.replaceAll('"', '\\"') : plain;
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
