import { zstdDecompressSync } from "node:zlib";
import { type DecodedSpan, decodeTraces } from "../../lib/testing/mod.ts";
import { Assembler } from "./assemble.ts";
import type { TrueTrace } from "./world.ts";

/** A capture that can't be taken. */
export class CaptureError extends Error {}

/** A message of a file, with where it is. */
interface Message {
  readonly body: Uint8Array;
  readonly place: string;
}

/** A longer one is no message but a file of another kind. */
const MESSAGE_BYTES_MAX = 256 * 1024 * 1024;
const LENGTH_BYTES = 4;
const [BRACE, NEWLINE] = [0x7b, 0x0a];
/** What Zstandard begins with (RFC 8878, 3.1.1). */
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/**
 * Reads the traces of a file of the OpenTelemetry Collector's file exporter, in any of its formats:
 * JSON lines, or protobuf with a length before each message; compressed by zstd as well. What is open
 * is held in memory, the file is not. Logs and metrics in it are passed over.
 *
 * @throws {CaptureError} Naming the file, the message and what is wrong with it.
 */
export async function* readCapture(path: string): AsyncGenerator<TrueTrace> {
  const assembler = new Assembler();
  let count = 0;
  for await (const { body, place } of messagesOf(path)) {
    for (const span of spansOf(body, place)) assembler.add(span);
    for (const trace of assembler.take()) {
      count++;
      yield trace;
    }
  }
  for (const trace of assembler.end()) {
    count++;
    yield trace;
  }
  if (count === 0) throw new CaptureError(`--capture ${path}: there are no spans in it`);
}

/** Paths that one trace in so many takes, or fewer, count as rare: 1 in 100, 1,000 and 10,000. */
const RARITIES = [0.0001, 0.001, 0.01];

/** How rare each rare path of a capture is. */
export async function raritiesOf(path: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let all = 0;
  for await (const trace of readCapture(path)) {
    all++;
    counts.set(trace.path, (counts.get(trace.path) ?? 0) + 1);
  }
  const rarities = new Map<string, number>();
  for (const [name, count] of counts) {
    const rarity = RARITIES.find((one) => count / all <= one);
    if (rarity !== undefined) rarities.set(name, rarity);
  }
  return rarities;
}

function spansOf(body: Uint8Array, place: string): DecodedSpan[] {
  try {
    const plain = ZSTD_MAGIC.every((byte, index) => body[index] === byte)
      ? new Uint8Array(zstdDecompressSync(body))
      : body;
    const isJson = plain[0] === BRACE;
    return decodeTraces(plain, isJson ? "application/json" : "application/x-protobuf");
  } catch (error) {
    throw new CaptureError(`${place}: ${(error as Error).message}`);
  }
}

async function* messagesOf(path: string): AsyncGenerator<Message> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    throw new CaptureError(`--capture ${path}: ${(error as Error).message}`);
  }
  // Messages are cut out of what was read and not yet used.
  let rest: Uint8Array = new Uint8Array();
  let isText: boolean | undefined;
  let number = 1;
  for await (const piece of file.readable) {
    rest = joined(rest, piece);
    isText ??= rest[0] === BRACE || rest[0] === NEWLINE;
    const end = isText ? lineEnd : messageEnd;
    for (let at = end(rest, path, number); at > 0; at = end(rest, path, number)) {
      const body = isText ? rest.subarray(0, at - 1) : rest.subarray(LENGTH_BYTES, at);
      rest = rest.subarray(at);
      if (!isBlank(body)) yield { body, place: `--capture ${path}:${number}` };
      number++;
    }
  }
  if (isBlank(rest)) return;
  const place = `--capture ${path}:${number}`;
  if (isText !== true) throw new CaptureError(`${place}: the file ends within this message`);
  yield { body: rest, place };
}

/** Where the first line ends, its newline included; 0 when it is not all there. */
function lineEnd(bytes: Uint8Array): number {
  return bytes.indexOf(NEWLINE) + 1;
}

/** Where the first message ends, its length included; 0 when it is not all there. */
function messageEnd(bytes: Uint8Array, path: string, number: number): number {
  if (bytes.length < LENGTH_BYTES) return 0;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (length > MESSAGE_BYTES_MAX) {
    throw new CaptureError(
      `--capture ${path}:${number}: it is neither OTLP JSON, a message a line, nor protobuf with a ` +
        "length of four bytes before each message, as the Collector's file exporter writes them",
    );
  }
  return bytes.length < LENGTH_BYTES + length ? 0 : LENGTH_BYTES + length;
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === NEWLINE || byte === 0x0d || byte === 0x20);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
