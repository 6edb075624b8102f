import { ProtobufLogsSerializer } from "npm:@opentelemetry/otlp-transformer@0.301.1";
import {
  LoggerProvider,
  type LogRecordProcessor,
  type ReadableLogRecord,
} from "npm:@opentelemetry/sdk-logs@3.1.1";
import { pino } from "npm:pino@10.4.0";
import { createTelemetry, jsonLines, type LogRecord, type Sink } from "../../mod.ts";
import { LineWriter } from "../../lib/runtime/line_writer.ts";
import { writeLog } from "../../lib/otlp/log_protobuf.ts";
import { ProtobufBatch } from "../../lib/otlp/protobuf_batch.ts";
import type { BenchCase, Work } from "../case.ts";
import { fields } from "./log.ts";

const DEVICE = "log line, 5 fields, to a device";
const PROTOBUF = "log record, 5 fields, to protobuf";
/** Records a batch: what both sides send at once. */
const BATCH = 512;

/** A device that takes everything, by way of the system. */
function device(): (bytes: Uint8Array) => void {
  const file = Deno.openSync("/dev/null", { write: true });
  return (bytes) => void file.writeSync(bytes);
}

/** As lines for standard output are written in Deno: in batches of 16 KiB or 5 ms. */
function ours(): Work {
  const writer = new LineWriter({ write: device(), delayMs: 5 });
  const { log } = createTelemetry({
    service: "bench",
    runtime: { name: "bench", openLines: () => writer.open() },
    sinks: [jsonLines()],
  });
  return (count) => {
    for (let index = 0; index < count; index++) log.info("order received", fields(index));
  };
}

function pinoTo(minLength: number): Work {
  const destination = pino.destination({ dest: "/dev/null", sync: true, minLength });
  const log = pino({ base: { service: "bench" } }, destination);
  return (count) => {
    for (let index = 0; index < count; index++) log.info(fields(index), "order received");
  };
}

/** A clock read, a ready prefix, the platform's JSON, and a write for 16 KiB. */
function floor(): Work {
  const write = device();
  const encoder = new TextEncoder();
  const prefix = '{"level":"info","message":"order received","service":"bench","time":';
  let text = "";
  return (count) => {
    for (let index = 0; index < count; index++) {
      text += `${prefix}${Date.now()},${JSON.stringify(fields(index)).slice(1)}\n`;
      if (text.length < 16 * 1024) continue;
      write(encoder.encode(text));
      text = "";
    }
  };
}

function protobufSink(): Sink {
  let batch: ProtobufBatch<LogRecord> | undefined;
  return {
    start({ resource }) {
      batch = new ProtobufBatch(resource, writeLog);
    },
    onLog(record) {
      batch!.append(record);
      if (batch!.count >= BATCH) batch!.take().done();
    },
  };
}

function protobuf(): Work {
  const { log } = createTelemetry({ service: "bench", sinks: [protobufSink()] });
  return (count) => {
    for (let index = 0; index < count; index++) log.info("order received", fields(index));
  };
}

/** The OTel SDK's records, put into protobuf by its own serializer, a batch at a time. */
class SerializingProcessor implements LogRecordProcessor {
  #records: ReadableLogRecord[] = [];
  enabled(): boolean {
    return true;
  }
  onEmit(record: ReadableLogRecord): void {
    this.#records.push(record);
    if (this.#records.length < BATCH) return;
    ProtobufLogsSerializer.serializeRequest(this.#records);
    this.#records = [];
  }
  forceFlush(): Promise<void> {
    return Promise.resolve();
  }
  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function otel(): Work {
  const provider = new LoggerProvider({ processors: [new SerializingProcessor()] });
  const logger = provider.getLogger("bench");
  return (count) => {
    for (let index = 0; index < count; index++) {
      logger.emit({
        severityNumber: 9,
        severityText: "INFO",
        body: "order received",
        attributes: fields(index),
      });
    }
  };
}

/** A clock read and as many bytes copied as our record has. */
function copy(): Work {
  const record = new Uint8Array(180).fill(7);
  const buffer = new Uint8Array(BATCH * record.length);
  let offset = 0;
  let sink = 0;
  return (count) => {
    for (let index = 0; index < count; index++) {
      sink += performance.now();
      buffer.set(record, offset);
      offset = (offset + record.length) % buffer.length;
    }
    if (sink === 0.123) console.log(sink);
  };
}

/** Log lines on their way out of the process. */
export const LOG_OUT_CASES: readonly BenchCase[] = [
  { group: DEVICE, name: "sextant", role: "ours", setup: ours, showsHeap: true },
  { group: DEVICE, name: "prefix + JSON, 16 KiB a write", role: "floor", setup: floor },
  { group: DEVICE, name: "pino 10.4", role: "rival", setup: () => pinoTo(0) },
  {
    group: DEVICE,
    name: "pino 10.4, minLength 16 KiB",
    role: "rival",
    setup: () => pinoTo(16 * 1024 - 1),
  },
  { group: PROTOBUF, name: "sextant", role: "ours", setup: protobuf, showsHeap: true },
  { group: PROTOBUF, name: "clock, copy", role: "floor", setup: copy },
  { group: PROTOBUF, name: "OTel SDK 3.1.1", role: "rival", setup: otel },
];
