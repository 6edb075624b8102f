import * as api from "@opentelemetry/api";
import { assertEquals } from "@std/assert";
import { createMeter, createTelemetry, type MetricRecord } from "../../mod.ts";
import { register } from "./mod.ts";

Deno.test("what libraries measure through the API are the meter's metrics", () => {
  const meter = createMeter();
  const telemetry = createTelemetry({ service: "x", meter, sinks: [{ onMetrics() {} }] });
  const registration = register(telemetry, { meter });
  try {
    const library = api.metrics.getMeter("library", "1.0");
    library.createCounter("count", { valueType: api.ValueType.INT, unit: "{x}" }).add(2, { a: 1 });
    library.createUpDownCounter("open").add(-1);
    library.createGauge("level").record(7);
    library.createHistogram("time", { advice: { explicitBucketBoundaries: [1, 2] } }).record(1.5);
    const total = library.createObservableCounter("total");
    const callback: api.ObservableCallback = (result) => result.observe(10, { b: true });
    total.addCallback(callback);
    const load = library.createObservableGauge("load");
    library.addBatchObservableCallback((result) => result.observe(load, 0.5), [load]);
    const read = () =>
      Object.fromEntries(meter.collect().map((metric) => [metric.name, metric])) as Record<
        string,
        MetricRecord
      >;
    const { count, open, level, time, total: totals, load: loads } = read();
    assertEquals(count.scope, { name: "library", version: "1.0" });
    assertEquals([count.unit, count.isInteger], ["{x}", true]);
    const first = (metric: MetricRecord) =>
      metric.kind === "sum" || metric.kind === "gauge" ? metric.points[0].value : undefined;
    assertEquals([count, open, level, totals, loads].map(first), [2, -1, 7, 10, 0.5]);
    assertEquals(time.kind === "histogram" && time.points[0].bucketCounts, [0, 1, 0]);
    total.removeCallback(callback);
    assertEquals(read().total, undefined);
  } finally {
    registration.unregister();
    telemetry.shutdown();
  }
});
