import { MeterProvider, MetricReader } from "npm:@opentelemetry/sdk-metrics@3.1.1";
import { createMeter } from "../../mod.ts";
import type { BenchCase } from "../case.ts";

const ADD = "counter, add";
const ADD_OBJECT = "counter, add with 2 attributes in an object";
const RECORD = "histogram, record";

type Attributes = Record<string, string>;

/** The least: adding to a property that is found by a number. */
function floor(): (count: number) => void {
  const slots = [{ value: 0 }];
  return (count) => {
    for (let index = 0; index < count; index++) slots[index & 0].value += 1;
    if (slots[0].value === -1) console.log(slots);
  };
}

const ROUTES: readonly Attributes[] = ["/a", "/b", "/c", "/d"].map((route) => ({
  route,
  method: "GET",
}));

function adding(
  make: () => { add(value: number, attributes?: Attributes): void },
  sets: (attributes: Attributes) => Attributes = (attributes) => attributes,
): () => (count: number) => void {
  return () => {
    const counter = make();
    const all = ROUTES.map(sets);
    return (count) => {
      for (let index = 0; index < count; index++) counter.add(1, all[index & 3]);
    };
  };
}

/** As it is mostly written: an object for each call. */
function addingObjects(
  make: () => { add(value: number, attributes?: Attributes): void },
): () => (count: number) => void {
  return () => {
    const counter = make();
    return (count) => {
      for (let index = 0; index < count; index++) {
        counter.add(1, { route: ROUTES[index & 3].route, method: "GET" });
      }
    };
  };
}

function recording(
  make: () => { record(value: number, attributes?: Attributes): void },
  sets: (attributes: Attributes) => Attributes = (attributes) => attributes,
): () => (count: number) => void {
  return () => {
    const histogram = make();
    const all = ROUTES.map(sets);
    return (count) => {
      for (let index = 0; index < count; index++) {
        histogram.record((index * 7919) % 1000, all[index & 3]);
      }
    };
  };
}

const meter = createMeter();
const interned = (attributes: Attributes) => meter.attributes(attributes) as Attributes;
/** Without a reader the SDK keeps nothing, and nothing would be measured. */
class NoReader extends MetricReader {
  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

const otel = () => new MeterProvider({ readers: [new NoReader()] }).getMeter("x");
const SDK = "OTel SDK 3.1.1";

/** Counters and histograms. */
export const METRIC_CASES: readonly BenchCase[] = [
  { group: ADD, name: "sextant", role: "ours", setup: adding(() => meter.counter("a"), interned) },
  { group: ADD, name: "property", role: "floor", setup: floor },
  { group: ADD, name: SDK, role: "rival", setup: adding(() => otel().createCounter("a")) },
  {
    group: ADD_OBJECT,
    name: "sextant",
    role: "ours",
    setup: addingObjects(() => meter.counter("b")),
  },
  {
    group: ADD_OBJECT,
    name: SDK,
    role: "rival",
    setup: addingObjects(() => otel().createCounter("b")),
  },
  {
    group: RECORD,
    name: "sextant",
    role: "ours",
    setup: recording(() => meter.histogram("c"), interned),
  },
  {
    group: RECORD,
    name: "sextant, exponential",
    role: "rival",
    setup: recording(() => meter.histogram("d", { buckets: "exponential" }), interned),
  },
  { group: RECORD, name: SDK, role: "rival", setup: recording(() => otel().createHistogram("c")) },
];
