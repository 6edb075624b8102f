import type { Scope } from "../core/records.ts";
import type { Resource } from "../core/resource.ts";
import type { BatchEncoder, EncodedBatch, Split } from "../pipeline/encoder.ts";
import { ProtobufWriter, varintSize } from "./protobuf_writer.ts";

/** Buffers kept for the next batches; more are left to the garbage collector. */
const MAX_SPARE = 4;
/** A scope's length is a varint of this width, wider than need be, so that nothing moves. */
const SCOPE_LENGTH_BYTES = 4;

/**
 * A request of OTLP whose buffer is the request: `ExportTraceServiceRequest` and
 * `ExportLogsServiceRequest` have the same frame, one resource holding one entry a scope
 * (opentelemetry-proto, `collector/{trace,logs}/v1`). Records are written behind each other; only
 * the lengths of the frame are filled in when the batch is taken.
 */
export class ProtobufBatch<R extends { readonly scope: Scope }> implements BatchEncoder<R> {
  readonly contentType = "application/x-protobuf";
  readonly split: Split | undefined;
  /** Records in the open batch. */
  count = 0;
  readonly #writer = new ProtobufWriter();
  readonly #write: (writer: ProtobufWriter, record: R) => void;
  readonly #resource: Uint8Array<ArrayBuffer>;
  /** Where the first scope begins: behind the frame's tag and length and the resource. */
  readonly #headBytes: number;
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #scope: Scope | undefined;
  #scopeStart = 0;

  /** `write` writes one record with its tag (2) and length; `split` halves what is too large. */
  constructor(
    resource: Resource,
    write: (writer: ProtobufWriter, record: R) => void,
    split?: Split,
  ) {
    this.#resource = encodeResource(resource);
    this.#headBytes = 6 + this.#resource.length;
    this.split = split;
    this.#write = write;
    this.#writer.position = this.#headBytes;
  }

  get sizeBytes(): number {
    return this.#writer.position;
  }

  append(record: R): number {
    const writer = this.#writer;
    const before = writer.position;
    const { scope } = record;
    const scopeBefore = this.#scope, scopeStartBefore = this.#scopeStart;
    if (scope !== scopeBefore) this.#openScope(scope);
    try {
      this.#write(writer, record);
    } catch (thrown) {
      writer.position = before;
      this.#scope = scopeBefore;
      this.#scopeStart = scopeStartBefore;
      throw thrown;
    }
    this.count++;
    return writer.position - before;
  }

  #openScope(scope: Scope): void {
    this.#closeScope();
    const writer = this.#writer;
    writer.ensure(1 + SCOPE_LENGTH_BYTES);
    writer.buffer[writer.position++] = 0x12;
    writer.position += SCOPE_LENGTH_BYTES;
    this.#scope = scope;
    this.#scopeStart = writer.position;
    writer.ensure(1);
    writer.buffer[writer.position++] = 0x0a;
    const start = writer.open();
    writer.ensure(1);
    writer.buffer[writer.position++] = 0x0a;
    writer.name(scope.name);
    if (scope.version !== "") {
      writer.ensure(1);
      writer.buffer[writer.position++] = 0x12;
      writer.name(scope.version);
    }
    writer.close(start);
  }

  #closeScope(): void {
    if (this.#scope === undefined) return;
    const buffer = this.#writer.buffer;
    const at = this.#scopeStart - SCOPE_LENGTH_BYTES;
    const length = this.#writer.position - this.#scopeStart;
    buffer[at] = (length & 127) | 128;
    buffer[at + 1] = ((length >>> 7) & 127) | 128;
    buffer[at + 2] = ((length >>> 14) & 127) | 128;
    buffer[at + 3] = (length >>> 21) & 127;
    this.#scope = undefined;
  }

  take(): EncodedBatch {
    this.#closeScope();
    const writer = this.#writer;
    const end = writer.position;
    // Right-aligned against the first scope, so the frame's length takes what it needs.
    const resourceStart = this.#headBytes - this.#resource.length;
    const length = end - resourceStart;
    const start = resourceStart - varintSize(length) - 1;
    writer.buffer.set(this.#resource, resourceStart);
    writer.position = start;
    writer.buffer[writer.position++] = 0x0a;
    writer.varint(length);
    const full = writer.replaceBuffer(this.#spare.pop());
    writer.position = this.#headBytes;
    const count = this.count;
    this.count = 0;
    return {
      body: full.subarray(start, end),
      count,
      release: () => {
        if (this.#spare.length < MAX_SPARE) this.#spare.push(full);
      },
    };
  }
}

/** The resource field of ResourceSpans and ResourceLogs, tag and length included. */
function encodeResource(resource: Resource): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter();
  writer.buffer[writer.position++] = 0x0a;
  const start = writer.open();
  for (const [key, value] of Object.entries(resource.attributes)) {
    writer.attribute(0x0a, key, value);
  }
  writer.close(start);
  return writer.buffer.slice(0, writer.position);
}
