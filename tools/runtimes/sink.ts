import { type DecodedSpan, decodeTraces } from "../../lib/testing/mod.ts";

/** Takes what runtimes export, and counts it. */
export interface RuntimeSink {
  readonly url: string;
  /** Server spans of the loss test that have arrived. */
  lossSpans(): number;
  /** Files that it serves, by path: for the page. */
  readonly files: Map<string, { body: string; type: string }>;
  close(): Promise<void>;
}

/** Starts a sink on loopback that any page may send to. */
export function runtimeSink(): RuntimeSink {
  const spans: DecodedSpan[] = [];
  const files = new Map<string, { body: string; type: string }>();
  const cors = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "*",
    "access-control-allow-methods": "*",
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const file = files.get(pathname);
      if (file !== undefined) {
        return new Response(file.body, { headers: { "content-type": file.type } });
      }
      if (request.method === "OPTIONS") return new Response(null, { headers: cors });
      const type = request.headers.get("content-type") ?? "";
      const isZipped = request.headers.get("content-encoding") === "gzip";
      const stream = isZipped
        ? request.body!.pipeThrough(new DecompressionStream("gzip"))
        : request.body;
      const body = new Uint8Array(await new Response(stream).arrayBuffer());
      if (pathname === "/v1/traces") spans.push(...decodeTraces(body, type));
      return new Response(null, { headers: { ...cors, "content-type": type } });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    files,
    lossSpans: () => spans.filter(({ resource }) => resource["service.name"] === "loss").length,
    close: () => server.shutdown(),
  };
}
