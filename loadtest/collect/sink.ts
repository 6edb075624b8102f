/** Takes what is exported, in a process of its own, and counts it by arm. */
import { countRecords } from "./count_records.ts";

/** What arrived of an arm. */
export interface SinkCounts {
  requests: number;
  bytes: number;
  /** Those of bodies that were not compressed. */
  spans: number;
}

const counts: Record<string, SinkCounts> = {};

// Ctrl-C reaches the whole process group; the parent measures to the end of its block, then ends us.
Deno.addSignalListener("SIGINT", () => {});

const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  async (request) => {
    const path = new URL(request.url).pathname;
    if (path === "/counts") return Response.json(counts);
    const arm = path.split("/")[1];
    const body = await request.bytes();
    const count = counts[arm] ??= { requests: 0, bytes: 0, spans: 0 };
    count.requests++;
    count.bytes += body.length;
    const isPlainTraces = path.endsWith("/v1/traces") &&
      request.headers.get("content-type") === "application/x-protobuf" &&
      !request.headers.has("content-encoding");
    if (isPlainTraces) count.spans += countRecords(body);
    return new Response(null, { headers: { "content-type": "application/x-protobuf" } });
  },
);
console.log(JSON.stringify({ port: server.addr.port }));
