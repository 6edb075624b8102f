import type { LogRecord, Scope, SpanRecord } from "../core/records.ts";
import type { Resource } from "../core/resource.ts";
import type { BatchEncoder, EncodedBatch } from "../pipeline/encoder.ts";
import { jsonAttributes, logJson, spanJson } from "./record_json.ts";
import { splitJson } from "./split.ts";

const encoder = /* @__PURE__ */ new TextEncoder();

/** The names that tell the request of traces from that of logs (OTLP specification, JSON). */
export interface Names {
  readonly resources: string;
  readonly scopes: string;
  readonly records: string;
}

/**
 * A request of OTLP in JSON. Records become text one by one, so that one that can't be written
 * harms no other and the batch's size is known before it is sent.
 */
export class JsonBatch<R extends { readonly scope: Scope }> implements BatchEncoder<R> {
  readonly contentType = "application/json";
  readonly split = splitJson;
  count = 0;
  sizeBytes = 0;
  readonly #head: string;
  readonly #names: Names;
  readonly #write: (record: R) => unknown;
  #scopes = new Map<Scope, string[]>();

  /** `write` makes one record's JSON. */
  constructor(
    resource: Resource,
    names: Names,
    write: (record: R) => unknown,
  ) {
    const attributes = jsonAttributes(resource.attributes);
    this.#head = `{"${names.resources}":[{"resource":{"attributes":${
      JSON.stringify(attributes)
    }},"${names.scopes}":[`;
    this.#names = names;
    this.#write = write;
  }

  append(record: R): number {
    const text = JSON.stringify(this.#write(record));
    const { scope } = record;
    const texts = this.#scopes.get(scope);
    if (texts === undefined) this.#scopes.set(scope, [text]);
    else texts.push(text);
    this.count++;
    // Exact for ASCII; a bound for the queue, not a length on the wire.
    this.sizeBytes += text.length + 1;
    return text.length + 1;
  }

  take(): EncodedBatch {
    const scopes = Array.from(
      this.#scopes,
      ([scope, texts]) =>
        `{"scope":${
          JSON.stringify({ name: scope.name, version: scope.version || undefined })
        },"${this.#names.records}":[${texts.join(",")}]}`,
    );
    const body = encoder.encode(`${this.#head}${scopes.join(",")}]}]}`);
    const count = this.count;
    this.#scopes = new Map();
    this.count = 0;
    this.sizeBytes = 0;
    return { body, count, done: () => {} };
  }
}

/** Writes spans as `ExportTraceServiceRequest` in OTLP JSON. */
export function jsonSpanBatch(resource: Resource): BatchEncoder<SpanRecord> {
  return new JsonBatch<SpanRecord>(
    resource,
    { resources: "resourceSpans", scopes: "scopeSpans", records: "spans" },
    spanJson,
  );
}

/** Writes log records as `ExportLogsServiceRequest` in OTLP JSON. */
export function jsonLogBatch(resource: Resource): BatchEncoder<LogRecord> {
  return new JsonBatch<LogRecord>(
    resource,
    { resources: "resourceLogs", scopes: "scopeLogs", records: "logRecords" },
    logJson,
  );
}
