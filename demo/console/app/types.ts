import type { Json } from "../json.ts";
import type * as model from "../../store/model.ts";

/** A trace in one line. */
export type Trace = Json<model.TraceSummary>;
/** A span. */
export type Span = Json<model.StoredSpan>;
/** A log line. */
export type Log = Json<model.StoredLog>;
/** How many came when. */
export type Histogram = model.Histogram;
/** Traces by when they began and how long they took. */
export type HeatmapData = model.Heatmap;
/** A call or a message between services. */
export type Edge = model.GraphEdge;
/** What a route did. */
export type Route = model.RouteSummary;
/** What the store holds and what was sent to it. */
export interface StoreAnswer {
  readonly store: model.StoreState;
  readonly received: import("../../store/collector.ts").Received;
}
/** The books of a signal in the store. */
export type StoreBooks = model.StoreBooks;
/** A metric that was received. */
export type MetricName = import("../../store/metrics.ts").MetricName;
/** What a chart shows. */
export type MetricChart = import("../../store/metrics.ts").MetricChart;
/** A line of a chart. */
export type MetricSeries = import("../../store/metrics.ts").MetricSeries;
/** What can be changed. */
export type Settings = import("../play.ts").PlaySettings;
/** What went through the demo so far. */
export type Flow = import("../play.ts").Flow;
/** The books of a service. */
export type Health = import("../../../mod.ts").Health;
/** The books of a signal. */
export type Books = NonNullable<Health["destinations"][number]["spans"]>;
/** A load test that was run. */
export type ResultFolder = import("../results.ts").ResultFolder;
