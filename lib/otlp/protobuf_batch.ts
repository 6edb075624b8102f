import type { Scope } from "../core/records.ts";
import type { Resource } from "../core/resource.ts";
import type { BatchEncoder, EncodedBatch, Split } from "../pipeline/encoder.ts";
import { asText, ProtobufWriter } from "./protobuf_writer.ts";
import type { WriteValue } from "./value_writer.ts";

/** Buffers kept for the next batches; more are left to the garbage collector. */
const MAX_SPARE = 4;
/** Lengths of the frame are varints of this width, wider than need be, so that nothing moves. */
const LENGTH_BYTES = 4;

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
  readonly #writer: ProtobufWriter;
  readonly #write: (writer: ProtobufWriter, record: R) => void;
  /** What each batch begins with: the frame's tag, room for its length, and the resource. */
  readonly #head: Uint8Array<ArrayBuffer>;
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #scope: Scope | undefined;
  #scopeStart = 0;

  /** `write` writes one record with its tag (2) and length, `writeOther` its values that are no scalars. */
  constructor(
    resource: Resource,
    write: (writer: ProtobufWriter, record: R) => void,
    writeOther: WriteValue = asText,
    split?: Split,
  ) {
    this.#writer = new ProtobufWriter(writeOther);
    this.split = split;
    this.#write = write;
    const writer = this.#writer;
    writer.tag(0x0a);
    writer.open(LENGTH_BYTES);
    writer.message(0x0a, () => {
      for (const [key, value] of Object.entries(resource.attributes)) {
        writer.attribute(0x0a, key, value);
      }
    });
    this.#head = writer.buffer.slice(0, writer.position);
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
    this.#scope = scope;
    const { name, version } = scope;
    const writer = this.#writer;
    writer.tag(0x12);
    this.#scopeStart = writer.open(LENGTH_BYTES);
    writer.message(0x0a, () => {
      writer.name(0x0a, name);
      if (version) writer.name(0x12, version);
    });
  }

  #closeScope(): void {
    if (this.#scope) this.#writer.close(this.#scopeStart, LENGTH_BYTES, LENGTH_BYTES);
    this.#scope = undefined;
  }

  take(): EncodedBatch {
    this.#closeScope();
    const writer = this.#writer;
    const { count } = this;
    const end = writer.position;
    writer.close(1 + LENGTH_BYTES, LENGTH_BYTES, LENGTH_BYTES);
    const full = writer.replaceBuffer(this.#spare.pop());
    writer.buffer.set(this.#head);
    writer.position = this.#head.length;
    this.count = 0;
    return {
      body: full.subarray(0, end),
      count,
      done: () => {
        if (this.#spare.length < MAX_SPARE) this.#spare.push(full);
      },
    };
  }
}
