/**
 * Takes what is exported, in a process of its own, and counts it by arm: requests, bytes, what they
 * are when compressed, and spans and lines, so that an arm which says more than it sends is found.
 */
import { countRecords } from "./count_records.ts";

/** What the sink has of an arm. */
export interface SinkCounts {
  requests: number;
  /** Without compression. */
  bytes: number;
  /** Bodies that were compressed to see what gzip makes of them, and what it made. */
  sampledBytes: number;
  sampledGzipBytes: number;
  /** Spans and lines. */
  records: number;
  /** The spans among them. */
  spans: number;
}

const counts: Record<string, SinkCounts> = {};
/** The last body of each arm, until it is asked: no more are compressed than are looked at. */
const lastBodies = new Map<string, Uint8Array<ArrayBuffer>>();

// Ctrl-C reaches the whole process group; the parent measures to the end of its block, then ends us.
Deno.addSignalListener("SIGINT", () => {});

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(
    await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer(),
  );
}

/** Compresses what is kept of an arm; asked between slots, so that it is in none. */
async function countsOf(arm: string): Promise<SinkCounts | undefined> {
  const body = lastBodies.get(arm);
  if (body !== undefined) {
    lastBodies.delete(arm);
    const { byteLength } = await through(body, new CompressionStream("gzip"));
    counts[arm].sampledBytes += body.byteLength;
    counts[arm].sampledGzipBytes += byteLength;
  }
  return counts[arm];
}

/** Spans and lines of a body; metrics are not counted, since a view may put many into one. */
function recordsOf(path: string, contentType: string | null, body: Uint8Array): number {
  const isCounted = path.endsWith("/v1/traces") || path.endsWith("/v1/logs");
  return isCounted && contentType === "application/x-protobuf" ? countRecords(body) : 0;
}

const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/counts") {
      return Response.json(await countsOf(searchParams.get("arm") ?? "") ?? null);
    }
    const arm = pathname.split("/")[1];
    const sent = new Uint8Array(await request.arrayBuffer());
    const isGzip = request.headers.get("content-encoding") === "gzip";
    const body = isGzip ? await through(sent, new DecompressionStream("gzip")) : sent;
    const count = counts[arm] ??= {
      requests: 0,
      bytes: 0,
      sampledBytes: 0,
      sampledGzipBytes: 0,
      records: 0,
      spans: 0,
    };
    count.requests++;
    count.bytes += body.byteLength;
    const records = recordsOf(pathname, request.headers.get("content-type"), body);
    count.records += records;
    if (pathname.endsWith("/v1/traces")) count.spans += records;
    lastBodies.set(arm, body);
    return new Response(null, { headers: { "content-type": "application/x-protobuf" } });
  },
);
console.log(JSON.stringify({ port: server.addr.port }));
