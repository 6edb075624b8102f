import { ProtobufTraceSerializer } from "npm:@opentelemetry/otlp-transformer@0.301.1";
import {
  AlwaysOffSampler,
  type ReadableSpan,
  type SpanProcessor,
  TracerProvider,
} from "npm:@opentelemetry/sdk-trace@3.1.1";
import { alwaysOff, createTelemetry, type Sink } from "../../mod.ts";
import { ProtobufBatch } from "../../lib/otlp/protobuf_batch.ts";
import { writeSpan } from "../../lib/otlp/span_protobuf.ts";
import type { SpanRecord } from "../../lib/core/records.ts";
import { cryptoRandom } from "../../lib/core/random.ts";
import type { BenchCase } from "../case.ts";

/** Spans a batch: what both sides send at once. */
const BATCH = 512;
const RECORDED = "span, 5 attributes, to protobuf";
const UNSAMPLED = "unsampled span";

/** Five attributes, as a service would set them. */
export function attributes(index: number): Record<string, string | number | boolean> {
  return {
    "http.request.method": "GET",
    "http.route": "/orders/:id",
    "http.response.status_code": 200,
    "order.items": index & 15,
    "order.express": true,
  };
}

function protobufSink(): Sink {
  let batch: ProtobufBatch<SpanRecord> | undefined;
  return {
    start({ resource }) {
      batch = new ProtobufBatch(resource, writeSpan);
    },
    onSpan(span) {
      batch!.append(span);
      if (batch!.count >= BATCH) batch!.take().done();
    },
  };
}

function ours(isSampled: boolean): (count: number) => void {
  const { tracer } = createTelemetry({
    service: "bench",
    sinks: [protobufSink()],
    sampler: isSampled ? undefined : alwaysOff(),
  });
  return (count) => {
    for (let index = 0; index < count; index++) {
      tracer.start(undefined, "GET /orders/:id", attributes(index)).end();
    }
  };
}

/** The OTel SDK's spans, put into protobuf by its own serializer, a batch at a time. */
class SerializingProcessor implements SpanProcessor {
  #spans: ReadableSpan[] = [];
  onStart(): void {}
  onEnd(span: ReadableSpan): void {
    this.#spans.push(span);
    if (this.#spans.length < BATCH) return;
    ProtobufTraceSerializer.serializeRequest(this.#spans);
    this.#spans = [];
  }
  forceFlush(): Promise<void> {
    return Promise.resolve();
  }
  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function otel(isSampled: boolean): (count: number) => void {
  const provider = new TracerProvider({
    spanProcessors: [new SerializingProcessor()],
    sampler: isSampled ? undefined : new AlwaysOffSampler(),
  });
  const tracer = provider.getTracer("bench");
  return (count) => {
    for (let index = 0; index < count; index++) {
      tracer.startSpan("GET /orders/:id", { attributes: attributes(index) }).end();
    }
  };
}

/** Two clock reads, a trace id and a span id, and as many bytes copied as our span has. */
function floor(): (count: number) => void {
  const random = cryptoRandom();
  const span = new Uint8Array(200).fill(7);
  const buffer = new Uint8Array(BATCH * 200);
  let offset = 0;
  let sink = 0;
  return (count) => {
    for (let index = 0; index < count; index++) {
      const start = performance.now();
      for (let word = 0; word < 6; word++) sink ^= random.int32();
      sink += performance.now() - start;
      buffer.set(span, offset);
      offset = (offset + 200) % buffer.length;
    }
    if (sink === 0.123) console.log(sink);
  };
}

/** Six random words: what an unsampled root can't do without, since its ids go on. */
function idsAlone(): (count: number) => void {
  const random = cryptoRandom();
  let sink = 0;
  return (count) => {
    for (let index = 0; index < count; index++) {
      for (let word = 0; word < 6; word++) sink ^= random.int32();
    }
    if (sink === 1) console.log(sink);
  };
}

/** Spans. */
export const SPAN_CASES: readonly BenchCase[] = [
  { group: RECORDED, name: "sextant", role: "ours", setup: () => ours(true) },
  { group: RECORDED, name: "clock, ids, copy", role: "floor", setup: floor },
  { group: RECORDED, name: "OTel SDK 3.1.1", role: "rival", setup: () => otel(true) },
  { group: UNSAMPLED, name: "sextant", role: "ours", setup: () => ours(false) },
  { group: UNSAMPLED, name: "ids", role: "floor", setup: idsAlone },
  { group: UNSAMPLED, name: "OTel SDK 3.1.1", role: "rival", setup: () => otel(false) },
];
