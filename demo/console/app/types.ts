/** What the API answers: 64-bit times are decimal text there. */
type Json<T> = {
  [K in keyof T]: T[K] extends bigint ? string : T[K];
};

/** A trace in one line. */
export type Trace = Json<import("../../store/queries.ts").TraceSummary>;
/** A span. */
export type Span = Json<import("../../store/queries.ts").StoredSpan>;
/** A log line. */
export type Log = Json<import("../../store/queries.ts").StoredLog>;
/** A call or a message between services. */
export type Edge = import("../../store/queries.ts").GraphEdge;
/** A metric that was received. */
export type MetricName = import("../../store/metrics.ts").MetricName;
/** What a chart shows. */
export type MetricChart = import("../../store/metrics.ts").MetricChart;
/** A line of a chart. */
export type MetricSeries = import("../../store/metrics.ts").MetricSeries;
/** What a route did. */
export type Route = import("../../store/queries.ts").RouteSummary;
/** A request of the heatmap. */
export type Point = import("../../store/queries.ts").Point;
/** What can be changed. */
export type Settings = import("../api.ts").PlaySettings;
/** What went through the demo so far. */
export type Flow = import("../api.ts").Flow;
/** The books of a service. */
export type Health = import("../../../mod.ts").Health;
/** The books of a signal. */
export type Books = NonNullable<Health["destinations"][number]["spans"]>;
/** A load test that was run. */
export type ResultFolder = import("../api.ts").ResultFolder;
