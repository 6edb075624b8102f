import type { IncomingMessage, ServerResponse } from "node:http";
import { type DecodedLog, type DecodedSpan, decodeLogs, decodeTraces } from "./otlp.ts";
import { type DecodedMetric, decodeMetrics } from "./otlp_metrics.ts";

/** What goes wrong with one request. */
export type Fault =
  /** The connection is cut without an answer. */
  | { readonly kind: "reset" }
  /** No answer ever comes. */
  | { readonly kind: "hang" }
  /** The answer comes late; the request is accepted. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** A body of so many bytes and more is answered 413; smaller ones are accepted. */
  | { readonly kind: "limit"; readonly maxBytes: number }
  /** This answer; the request counts as accepted when the status is 2xx. */
  | {
    readonly kind: "answer";
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array;
  };

/** A request as it came. */
export interface FaultRequest {
  /** Its path, the query included. */
  readonly path: string;
  /** Its headers, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its body, decompressed. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Bytes of the body on the wire. */
  readonly wireBytes: number;
  /** What it was answered with; undefined for a plain 200. */
  readonly fault: Fault | undefined;
  /** True when it was answered 2xx. */
  readonly isAccepted: boolean;
}

/** A collector on loopback that fails as it is told. */
export interface FaultServer extends AsyncDisposable {
  /** Its address, `http://127.0.0.1:PORT`: an OTLP endpoint. */
  readonly url: string;
  /** Every request whose body arrived, in order. */
  readonly requests: readonly FaultRequest[];
  /** The next requests meet these faults, one each; those after them are accepted. */
  next(...faults: readonly Fault[]): void;
  /** Every request without a fault of its own meets this one; undefined ends that. */
  always(fault: Fault | undefined): void;
  /** The spans of accepted requests. */
  spans(): DecodedSpan[];
  /** The log records of accepted requests. */
  logs(): DecodedLog[];
  /** The metrics of accepted requests. */
  metrics(): DecodedMetric[];
  /** Cuts every connection and ends it. */
  close(): Promise<void>;
}

/**
 * Starts a collector on loopback that fails as it is told, for tests of exporters: any
 * OTLP/HTTP client, protobuf or JSON, plain or gzip. It runs where `node:http` does: Deno, Node, Bun.
 *
 * @param port Where it listens; default a free one.
 *
 * @example A client that retries
 * ```ts
 * import { createTelemetry, otlp } from "../../mod.ts";
 * import { faultServer } from "./mod.ts";
 *
 * await using server = await faultServer();
 * server.next({ kind: "reset" });
 * const telemetry = createTelemetry({ service: "x", sinks: [otlp({ endpoint: server.url })] });
 * telemetry.startSpan("a").end();
 * await telemetry.shutdown();
 * console.assert(server.spans().length === 1);
 * ```
 */
export async function faultServer(port = 0): Promise<FaultServer> {
  const { createServer } = await import("node:http");
  const requests: FaultRequest[] = [];
  const coming: Fault[] = [];
  let standing: Fault | undefined;
  const server = createServer(async (incoming, response) => {
    try {
      const wire = await bodyOf(incoming);
      const fault = coming.shift() ?? standing;
      const isAccepted = accepts(fault, wire.length);
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value);
      const body = headers["content-encoding"] === "gzip" ? await gunzip(wire) : wire;
      const path = incoming.url ?? "";
      requests.push({ path, headers, body, wireBytes: wire.length, fault, isAccepted });
      answer(response, fault, isAccepted, headers["content-type"] ?? "");
    } catch {
      // The client has gone before its body was here: there is nobody to answer.
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address() as { port: number };
  const accepted = <T>(path: string, decode: (body: Uint8Array, type: string) => T[]): T[] =>
    requests.filter((one) => one.isAccepted && one.path.endsWith(path))
      .flatMap(({ body, headers }) => decode(body, headers["content-type"]));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    next: (...faults) => void coming.push(...faults),
    always: (fault) => {
      standing = fault;
    },
    spans: () => accepted("/v1/traces", decodeTraces),
    logs: () => accepted("/v1/logs", decodeLogs),
    metrics: () => accepted("/v1/metrics", decodeMetrics),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function accepts(fault: Fault | undefined, wireBytes: number): boolean {
  if (fault === undefined || fault.kind === "delay") return true;
  if (fault.kind === "limit") return wireBytes < fault.maxBytes;
  return fault.kind === "answer" && fault.status >= 200 && fault.status < 300;
}

function answer(
  response: ServerResponse,
  fault: Fault | undefined,
  isAccepted: boolean,
  contentType: string,
): void {
  if (fault?.kind === "hang") return;
  if (fault?.kind === "reset") return void response.destroy();
  if (fault?.kind === "answer") {
    response.writeHead(fault.status, fault.headers);
    response.end(fault.body);
    return;
  }
  const end = () => {
    response.writeHead(isAccepted ? 200 : 413, { "content-type": contentType });
    response.end();
  };
  if (fault?.kind === "delay") setTimeout(end, fault.delayMs);
  else end();
}

async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
