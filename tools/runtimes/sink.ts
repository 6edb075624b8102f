import { decodeTraces } from "../../lib/testing/mod.ts";

/** Takes what runtimes export, and counts it. */
export interface RuntimeSink {
  readonly url: string;
  /** Different spans of a service that have arrived; default those of the loss test. */
  spans(service?: string): number;
  /** Spans that arrived once more. */
  repeatedSpans(): number;
  /** Bytes of the largest request for traces. */
  largestBytes(): number;
  /** Files that it serves, by path: for the page. */
  readonly files: Map<string, { body: string; type: string }>;
  close(): Promise<void>;
}

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "*",
  "access-control-allow-methods": "*",
};

/** Starts a sink on loopback that any page may send to. */
export function runtimeSink(): RuntimeSink {
  const services = new Map<string, Set<string>>();
  let repeated = 0;
  let largestBytes = 0;
  const files = new Map<string, { body: string; type: string }>();
  const take = (body: Uint8Array, type: string) => {
    largestBytes = Math.max(largestBytes, body.length);
    for (const { resource, spanId } of decodeTraces(body, type)) {
      const service = String(resource["service.name"]);
      const ids = services.get(service) ?? new Set();
      services.set(service, ids);
      if (ids.has(spanId)) repeated++;
      ids.add(spanId);
    }
  };
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    // A request whose sender has gone while it sent.
    onError: () => new Response(null, { status: 400 }),
  }, async (request) => {
    const { pathname } = new URL(request.url);
    const file = files.get(pathname);
    if (file !== undefined) {
      return new Response(file.body, { headers: { "content-type": file.type } });
    }
    if (request.method === "OPTIONS") return new Response(null, { headers: CORS });
    const type = request.headers.get("content-type") ?? "";
    const isZipped = request.headers.get("content-encoding") === "gzip";
    const stream = isZipped
      ? request.body!.pipeThrough(new DecompressionStream("gzip"))
      : request.body;
    const body = new Uint8Array(await new Response(stream).arrayBuffer());
    if (pathname === "/v1/traces") take(body, type);
    return new Response(null, { headers: { ...CORS, "content-type": type } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    files,
    spans: (service = "loss") => services.get(service)?.size ?? 0,
    repeatedSpans: () => repeated,
    largestBytes: () => largestBytes,
    close: () => server.shutdown(),
  };
}
