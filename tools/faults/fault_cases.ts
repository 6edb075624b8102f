import { assertEquals, assertMatch } from "@std/assert";
import {
  createTelemetry,
  type ExporterLimits,
  otlp,
  type OtlpOptions,
  type SignalHealth,
  type Telemetry,
} from "../../mod.ts";
import { type Fault, type FaultServer, faultServer } from "../../lib/testing/mod.ts";

/** `created = delivered + dropped + queued`, and what is said to be delivered was accepted. */
export function checkBooks(books: SignalHealth): void {
  const dropped = Object.values(books.dropped).reduce((sum, count) => sum + count, 0);
  assertEquals(books.created, books.delivered + dropped + books.queued, JSON.stringify(books));
}

/** The books of the spans of the first destination. */
export function booksOf(telemetry: Telemetry): SignalHealth {
  return telemetry.health().destinations[0].spans!;
}

/** A telemetry that exports spans to a fault server. */
export function telemetryTo(
  server: FaultServer,
  limits: Partial<ExporterLimits> = {},
  more: OtlpOptions = {},
  onLoss: false | ((message: string) => void) = false,
): Telemetry {
  return createTelemetry({
    service: "faults",
    onLoss,
    sinks: [otlp({ endpoint: server.url, signals: ["traces"], limits, ...more })],
  });
}

/** Records spans. */
export function record(telemetry: Telemetry, count: number, attributes = {}): void {
  for (let index = 0; index < count; index++) {
    telemetry.startSpan("work", { index, ...attributes }).end();
  }
}

/** A fault, and what becomes of ten spans that meet it. */
export interface FaultRow {
  readonly name: string;
  readonly faults: readonly Fault[];
  readonly limits?: Partial<ExporterLimits>;
  readonly delivered: number;
  readonly dropped?: SignalHealth["dropped"];
  readonly requests: number;
  readonly lastError?: RegExp;
}

/** An answer of the fault server. */
export const answer = (
  status: number,
  headers?: Record<string, string>,
  body?: string | Uint8Array,
) => ({ kind: "answer", status, headers, body }) as const;
const PROTOBUF = { "content-type": "application/x-protobuf" };

/** What may go wrong with a request. */
export const FAULT_ROWS: readonly FaultRow[] = [
  { name: "no fault", faults: [], delivered: 10, requests: 1 },
  { name: "the connection is reset", faults: [{ kind: "reset" }], delivered: 10, requests: 2 },
  {
    name: "no answer within the attempt's time",
    faults: [{ kind: "hang" }],
    limits: { attemptTimeoutMs: 100 },
    delivered: 10,
    requests: 2,
    lastError: /TimeoutError/,
  },
  ...[429, 502, 503, 504].map((status) => ({
    name: `${status} is sent again`,
    faults: [answer(status)],
    delivered: 10,
    requests: 2,
    lastError: new RegExp(`HTTP ${status}`),
  })),
  {
    name: "Retry-After in seconds: 0 is now",
    faults: [answer(503, { "retry-after": "0" })],
    delivered: 10,
    requests: 2,
  },
  {
    name: "Retry-After as a date in the past is now",
    faults: [answer(503, { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" })],
    delivered: 10,
    requests: 2,
  },
  {
    name: "Retry-After that is no number and no date: the backoff",
    faults: [answer(503, { "retry-after": "soon" })],
    delivered: 10,
    requests: 2,
  },
  ...[400, 401, 404, 500, 501].map((status) => ({
    name: `${status} is never sent again`,
    faults: [answer(status)],
    delivered: 0,
    dropped: { rejected: 10 },
    requests: 1,
    lastError: new RegExp(`HTTP ${status}`),
  })),
  {
    name: "a redirect is not followed",
    faults: [answer(307, { location: "/elsewhere" })],
    delivered: 0,
    dropped: { rejected: 10 },
    requests: 1,
  },
  {
    name: "partial success: what was refused is counted, never sent again",
    faults: [
      answer(200, PROTOBUF, Uint8Array.from([0x0a, 6, 0x08, 3, 0x12, 2, 0x6e, 0x6f])),
    ],
    delivered: 7,
    dropped: { rejected: 3 },
    requests: 1,
    lastError: /^no$/,
  },
  {
    name: "partial success in JSON",
    faults: [answer(
      200,
      { "content-type": "application/json" },
      JSON.stringify({ partialSuccess: { rejectedSpans: "2", errorMessage: "two" } }),
    )],
    delivered: 8,
    dropped: { rejected: 2 },
    requests: 1,
    lastError: /^two$/,
  },
  {
    name: "partial success that refuses more than there were",
    faults: [answer(200, PROTOBUF, Uint8Array.from([0x0a, 3, 0x08, 0xff, 0x7f]))],
    delivered: 0,
    dropped: { rejected: 10 },
    requests: 1,
  },
  {
    name: "an empty message is success",
    faults: [answer(200, PROTOBUF, Uint8Array.from([0x0a, 0]))],
    delivered: 10,
    requests: 1,
  },
  {
    name: "a malformed answer of 200 is success",
    faults: [answer(200, PROTOBUF, Uint8Array.from([0xff, 0xff, 0xff]))],
    delivered: 10,
    requests: 1,
  },
  {
    name: "an answer of 8 MiB is not read to its end",
    faults: [answer(200, PROTOBUF, new Uint8Array(8 * 1024 * 1024))],
    delivered: 10,
    requests: 1,
  },
];

/** What came of a fault. */
export interface FaultTally {
  readonly name: string;
  readonly books: SignalHealth;
  readonly requests: number;
}

/** Ten spans meet a fault; the law holds, and what was wanted has come of it. */
export async function meet(row: FaultRow): Promise<FaultTally> {
  const { name, faults, limits, delivered, dropped = {}, requests, lastError } = row;
  await using server = await faultServer();
  const telemetry = telemetryTo(server, limits);
  server.next(...faults);
  record(telemetry, 10);
  await telemetry.flush();
  const books = booksOf(telemetry);
  checkBooks(books);
  assertEquals([books.delivered, books.queued, books.dropped], [delivered, 0, dropped]);
  assertEquals(server.requests.length, requests);
  assertEquals(books.retries, requests - 1);
  if (lastError !== undefined) assertMatch(books.lastError ?? "", lastError);
  if (delivered === 10) assertEquals(server.spans().length, 10);
  await telemetry.shutdown();
  return { name, books, requests: server.requests.length };
}
