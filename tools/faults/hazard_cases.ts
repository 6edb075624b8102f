import { assert, assertAlmostEquals, assertEquals, assertStrictEquals } from "@std/assert";
import {
  Baggage,
  Context,
  createMeter,
  createTelemetry,
  healthMetrics,
  otlp,
  otlpMetrics,
  type SignalHealth,
  type Telemetry,
  type TelemetryOptions,
} from "../../mod.ts";
import { deno } from "../../lib/runtime/deno.ts";
import { type DecodedSpan, type FaultServer, faultServer } from "../../lib/testing/mod.ts";
import { booksOf, type FaultTally, record, telemetryTo } from "./fault_cases.ts";

/** What goes wrong on the side that records, and what must come of it. */
export interface HazardRow {
  readonly name: string;
  /** Runs it against a fault server; gives the books of each signal that it recorded. */
  readonly run: () => Promise<readonly FaultTally[]>;
}

/** The same in protobuf and in JSON. */
async function inBoth(
  work: (telemetry: Telemetry) => void | Promise<void>,
  look: (spans: DecodedSpan[], books: SignalHealth) => void,
  more: Partial<TelemetryOptions> = {},
): Promise<FaultTally[]> {
  const tallies: FaultTally[] = [];
  for (const protocol of ["http/protobuf", "http/json"] as const) {
    await using server = await faultServer();
    const telemetry = createTelemetry({
      service: "faults",
      onLoss: false,
      sinks: [otlp({ endpoint: server.url, signals: ["traces"], protocol })],
      ...more,
    });
    await work(telemetry);
    await telemetry.shutdown();
    const books = booksOf(telemetry);
    look(server.spans(), books);
    tallies.push({ name: protocol, books, requests: server.requests.length });
  }
  return tallies;
}

function deep(levels: number): unknown {
  let value: unknown = "bottom";
  for (let level = 0; level < levels; level++) value = { value };
  return value;
}

const HOSTILE: Readonly<Record<string, () => unknown>> = {
  circular: () => {
    const value: Record<string, unknown> = {};
    return value.self = value;
  },
  getter: () => ({
    get broken() {
      throw new Error("no");
    },
  }),
  proxy: () =>
    new Proxy({}, {
      ownKeys() {
        throw new Error("no");
      },
    }),
  deep: () => deep(20_000),
};

const hostile: HazardRow = {
  name: "circular, throwing getter, Proxy, 20,000 deep: the nine others arrive whole",
  run: async () =>
    (await Promise.all(
      Object.values(HOSTILE).map((make) =>
        inBoth((telemetry) => {
          record(telemetry, 9, { fine: "yes" });
          telemetry.startSpan("hostile", { value: make() }).end();
        }, (spans, books) => {
          const fine = spans.filter(({ attributes }) => attributes.fine === "yes");
          assertEquals(fine.length, 9);
          assertEquals(spans.length + (books.dropped.unencodable ?? 0), 10);
        })
      ),
    )).flat(),
};

const values: HazardRow = {
  name: "BigInt, Symbol, function, lone surrogate, NaN, Date, Map, Error, bytes: a mapping each",
  run: () =>
    inBoth((telemetry) =>
      telemetry.startSpan("values", {
        bigint: 2n ** 62n,
        symbol: Symbol("s"),
        fn: () => {},
        surrogate: "a\ud800b",
        nan: NaN,
        infinity: -Infinity,
        date: new Date(0),
        map: new Map([["k", 1]]),
        error: new Error("outer", { cause: new Error("inner") }),
        bytes: new Uint8Array([0, 255]),
      }).end(), ([{ attributes }]) => {
      assertEquals([attributes.bigint, attributes.surrogate], [2n ** 62n, "a\ufffdb"]);
      assertEquals([attributes.nan, attributes.infinity], [NaN, -Infinity]);
      assertEquals([...attributes.bytes as Uint8Array], [0, 255]);
      assertEquals({ ...attributes.map as object }, { k: 1 });
      assertEquals(attributes.date, "1970-01-01T00:00:00.000Z");
      assert(JSON.stringify(attributes.error).includes("inner"), "the cause");
    }),
};

const clocks: HazardRow = {
  name: "the wall clock steps back and forward: durations stay, deadlines hold",
  run: async () => {
    const tallies: FaultTally[] = [];
    for (const stepMs of [-3_600_000, 3_600_000]) {
      let offsetMs = 0;
      const clock = {
        monotonicMs: () => performance.now(),
        wallMs: () => Date.now() + offsetMs,
      };
      await using server = await faultServer();
      server.next({ kind: "answer", status: 503 });
      const telemetry = createTelemetry({
        service: "faults",
        onLoss: false,
        clock,
        sinks: [otlp({ endpoint: server.url, signals: ["traces"] })],
      });
      const parent = telemetry.startSpan("parent");
      offsetMs = stepMs;
      parent.startSpan("child").end();
      parent.end();
      await telemetry.flush();
      const [child, root] = server.spans();
      for (const { startTimeUnixNano, endTimeUnixNano } of [child, root]) {
        const durationMs = Number(endTimeUnixNano - startTimeUnixNano) / 1e6;
        assert(durationMs >= 0 && durationMs < 1000, `${durationMs} ms`);
      }
      assertAlmostEquals(Number(root.startTimeUnixNano / 1_000_000n), Date.now(), 10_000);
      assert(child.startTimeUnixNano >= root.startTimeUnixNano);
      await telemetry.shutdown();
      const { length } = server.requests;
      tallies.push({ name: `${stepMs} ms`, books: booksOf(telemetry), requests: length });
    }
    return tallies;
  },
};

const keys: HazardRow = {
  name: "keys: __proto__, constructor, empty, a megabyte: delivered or cut, and told",
  run: () =>
    inBoth((telemetry) => {
      const attributes = JSON.parse('{"__proto__":"p","constructor":"c","":"e"}');
      telemetry.startSpan("keys", attributes).end();
      telemetry.startSpan("long", { ["k".repeat(1024 * 1024)]: 1, after: 2 }).end();
    }, (spans, books) => {
      assertEquals(spans.length + (books.dropped.unencodable ?? 0), 2);
      const [first, second] = spans;
      assertEquals(first.attributes["__proto__"], "p");
      assertEquals(first.attributes["constructor"], "c");
      assertEquals(({} as Record<string, unknown>).p, undefined);
      assertEquals(second.attributes.after, 2);
    }),
};

const injection: HazardRow = {
  name: "CR, LF and NUL in a value to propagate: escaped; the request is one request",
  run: async () => {
    await using server: FaultServer = await faultServer();
    const telemetry = createTelemetry({
      service: "faults",
      onLoss: false,
      sinks: [otlp({ endpoint: server.url, signals: ["traces"] })],
    });
    const baggage = Baggage.empty.set("fine", "1").set("bad", "a\r\nx-injected: 1\0");
    const parent = new Context(telemetry.startSpan("parent"), baggage);
    await (await telemetry.fetch(`${server.url}/other`, { parent })).body?.cancel();
    const { headers } = server.requests[0];
    assertEquals(headers["x-injected"], undefined);
    const arrived = Baggage.parse(headers.baggage);
    assertEquals([arrived.get("fine"), arrived.get("bad")], ["1", "a\r\nx-injected: 1\0"]);
    await telemetry.shutdown();
    return [{ name: "headers", books: booksOf(telemetry), requests: server.requests.length }];
  },
};

const cardinality: HazardRow = {
  name: "5,000 series of one metric: 2,000, the last of them for all others",
  run: async () => {
    await using server = await faultServer();
    const meter = createMeter();
    const telemetry = createTelemetry({
      service: "faults",
      onLoss: false,
      meter,
      sinks: [otlpMetrics({ endpoint: server.url })],
    });
    const counter = meter.counter("requests");
    for (let user = 0; user < 5000; user++) counter.add(1, { user });
    await telemetry.shutdown();
    const [{ points }] = server.metrics();
    assertEquals(points.length, 2000);
    const overflow = points.find(({ attributes }) => attributes["otel.metric.overflow"] === true);
    assertEquals(overflow?.value, 3001);
    const books = telemetry.health().destinations[0].metrics!;
    return [{ name: "metrics", books, requests: server.requests.length }];
  },
};

const itself: HazardRow = {
  name: "the exporter's own requests are traced by nobody, though fetch is",
  run: async () => {
    const platform = globalThis.fetch;
    try {
      return await inBoth(
        async (telemetry) => {
          globalThis.fetch = telemetry.fetch as typeof fetch;
          for (let round = 0; round < 3; round++) {
            await telemetry.span("work", async () => {
              telemetry.startSpan("child").end();
              await telemetry.flush();
            });
          }
        },
        (spans) => assertEquals(spans.length, 6),
        {
          runtime: deno({ flushOnExit: false }),
          fetch: platform,
        },
      );
    } finally {
      globalThis.fetch = platform;
    }
  },
};

const bounded: HazardRow = {
  name: "a hundred flushes at once: two requests at a time, no record twice",
  run: async () => {
    await using server = await faultServer();
    server.always({ kind: "delay", delayMs: 5 });
    let now = 0;
    let most = 0;
    const telemetry = telemetryTo(server, { batchRecords: 10, concurrency: 2 }, {
      fetch: async (input, init) => {
        most = Math.max(most, ++now);
        try {
          return await fetch(input, init);
        } finally {
          now--;
        }
      },
    });
    const flushes: Promise<void>[] = [];
    for (let index = 0; index < 100; index++) {
      record(telemetry, 3);
      flushes.push(telemetry.flush());
    }
    await Promise.all(flushes);
    assertEquals(most, 2);
    assertEquals(new Set(server.spans().map(({ spanId }) => spanId)).size, 300);
    assertEquals(server.spans().length, 300);
    await telemetry.shutdown();
    return [{ name: "spans", books: booksOf(telemetry), requests: server.requests.length }];
  },
};

const interleaved: HazardRow = {
  name: "fifty requests interleaved: each span in its own trace, under its own parent",
  run: () =>
    inBoth(async (telemetry) => {
      const handle = telemetry.handler(async (request) => {
        const user = new URL(request.url).searchParams.get("user")!;
        for (let step = 0; step < 3; step++) {
          await telemetry.span("step", { user }, async () => {
            await new Promise((done) => setTimeout(done, Number(user) % 4));
          });
        }
        return new Response(user);
      });
      await Promise.all(
        Array.from({ length: 50 }, (_, user) => handle(new Request(`http://x.test/?user=${user}`))),
      );
    }, (spans) => {
      assertEquals(spans.length, 200);
      const roots = new Map(spans.filter(({ kind }) => kind === 2).map((one) => [one.spanId, one]));
      for (const { name, parentSpanId, traceId, attributes } of spans) {
        if (name !== "step") continue;
        const root = roots.get(parentSpanId)!;
        assertEquals(root.attributes["url.query"], `user=${attributes.user}`);
        assertEquals(root.traceId, traceId);
      }
    }, { runtime: deno({ flushOnExit: false }) }),
};

const throwing: HazardRow = {
  name: "the user's callback throws or rejects: the same error is the user's, the span has it",
  run: () =>
    inBoth(async (telemetry) => {
      for (const thrown of [new RangeError("no"), "text", undefined]) {
        let caught: unknown = "nothing";
        try {
          telemetry.span("sync", () => {
            throw thrown;
          });
        } catch (error) {
          caught = error;
        }
        assertStrictEquals(caught, thrown);
        caught = await telemetry.span("async", () => Promise.reject(thrown))
          .then(() => "nothing", (error) => error);
        assertStrictEquals(caught, thrown);
      }
    }, (spans) => {
      assertEquals(spans.length, 6);
      assert(spans.every(({ statusCode }) => statusCode === 2));
      assertEquals(spans[0].attributes["error.type"], "RangeError");
    }),
};

const asMetrics: HazardRow = {
  name: "losses are metrics: what health() counts is what arrives of it",
  run: async () => {
    await using server = await faultServer();
    const meter = createMeter();
    const telemetry = createTelemetry({
      service: "faults",
      onLoss: false,
      meter,
      sinks: [
        otlp({ endpoint: server.url, signals: ["traces"], limits: { queueRecords: 30 } }),
        otlpMetrics({ endpoint: server.url }),
      ],
    });
    healthMetrics(meter, () => telemetry.health());
    record(telemetry, 50);
    server.next({ kind: "answer", status: 400 });
    await telemetry.flush();
    record(telemetry, 5);
    await telemetry.flush();
    await telemetry.shutdown();
    const { delivered, dropped } = booksOf(telemetry);
    assertEquals([delivered, dropped], [5, { queue_full: 20, rejected: 30 }]);
    const points = server.metrics()
      .filter(({ name }) => name === "otel.sdk.exporter.span.exported").at(-1)!.points;
    const counted = Object.fromEntries(
      points.map(({ attributes, value }) => [attributes["error.type"] ?? "delivered", value]),
    );
    assertEquals(counted, { delivered: 5, ...dropped });
    return [{ name: "spans", books: booksOf(telemetry), requests: server.requests.length }];
  },
};

/** The rows of what must be survived on the side that records. */
export const HAZARD_ROWS: readonly HazardRow[] = [
  hostile,
  values,
  clocks,
  keys,
  injection,
  cardinality,
  itself,
  bounded,
  interleaved,
  throwing,
  asMetrics,
];
