import { emit } from "./emit.ts";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { createTelemetry, jsonLines, type Logger, otlp, pretty, type Sink } from "../../mod.ts";
import { faultServer } from "../testing/mod.ts";
import { lines } from "../transport/lines.ts";
import { datadog, ecs, gcp, logfmt, pino } from "./formats.ts";
import { HOSTILE_CASES, hostileProxy } from "./hostile_cases.ts";

function written(sinkOf: (write: (line: string) => void) => Sink) {
  const all: string[] = [];
  const telemetry = createTelemetry({
    service: "orders",
    sinks: [sinkOf((line) => void all.push(line))],
  });
  return { all, telemetry, log: telemetry.log };
}

const JSON_SINKS = {
  json: (write: (line: string) => void) => jsonLines({ write }),
  pino: (write: (line: string) => void) => lines(pino, { write }),
  ecs: (write: (line: string) => void) => lines(ecs, { write }),
  gcp: (write: (line: string) => void) => lines(gcp(), { write }),
  datadog: (write: (line: string) => void) => lines(datadog, { write }),
};

for (const { name, make, json, cuts = 0 } of HOSTILE_CASES) {
  Deno.test(`hostile value: ${name}`, () => {
    for (const sinkOf of Object.values(JSON_SINKS)) {
      const { all, log } = written(sinkOf);
      log.info("m", { before: 1, value: make(), after: "2" });
      log.child({ before: 1, value: make() }).info("m", { after: "2" });
      for (const line of all) {
        const { before, value, after, truncated } = JSON.parse(line);
        assertEquals([before, value, after, truncated], [1, json, "2", cuts || undefined]);
      }
      assertEquals(all.length, 2);
    }
    for (
      const sinkOf of [
        (write: (line: string) => void) => lines(logfmt, { write }),
        (write: (line: string) => void) => pretty({ write }),
      ]
    ) {
      const { all, log } = written(sinkOf);
      log.info("m", { before: 1, value: make(), after: "2" });
      assertEquals(all.length, 1);
      for (const part of ["before=1", "after=2", cuts ? `truncated=${cuts}` : "m"]) {
        assertStringIncludes(all[0].slice(-200) + all[0].slice(0, 200), part);
      }
    }
  });
}

Deno.test("hostile values reach a collector, and what was cut is said and counted", async () => {
  for (const protocol of ["http/protobuf", "http/json"] as const) {
    await using server = await faultServer();
    const sinks = [otlp({ endpoint: server.url, protocol })];
    const telemetry = createTelemetry({ service: "orders", sinks });
    for (const { make } of HOSTILE_CASES) {
      telemetry.log.info("m", {
        before: 1,
        value: make(),
        after: "2",
        "sextant.truncated": "forged",
      });
    }
    await telemetry.flush();
    const logs = server.logs();
    assertEquals(logs.length, HOSTILE_CASES.length, protocol);
    logs.forEach(({ attributes }, index) => {
      const { name, cuts } = HOSTILE_CASES[index];
      assertEquals([attributes.before, attributes.after], [1, "2"], name);
      assertEquals(attributes["sextant.truncated"], cuts, name);
    });
    assertEquals(telemetry.health().destinations[0].logs!.truncated, 3);
    await telemetry.shutdown();
  }
});

/** What each way to write a line makes of something hostile. */
const CALLS: Readonly<Record<string, (log: Logger, value: never) => void>> = {
  message: (log, value) => log.info(value),
  fields: (log, value) => log.info("m", value),
  "lazy fields": (log, value) => log.info("m", () => value),
  template: (log, value) => log.info`a ${value} b`,
  bindings: (log, value) => log.child(value).info("m"),
  event: (log, value) => log.event("e", value),
  record: (log, value) => emit(log, { body: value, attributes: value, exception: value }),
  cause: (log, value) => log.error("m", new Error("x", { cause: value })),
  errors: (log, value) => log.error("m", new AggregateError([value])),
};

Deno.test("no way to write a line throws or loses it, whatever it is given", () => {
  const values = [
    ...HOSTILE_CASES.map(({ make }) => make()),
    hostileProxy(new Error("no")),
    hostileProxy(() => {}),
    Object.defineProperty(new Error(), "message", { get: () => assert(false) }),
  ];
  for (
    const sinkOf of [
      JSON_SINKS.json,
      JSON_SINKS.pino,
      (write: (line: string) => void) => pretty({ write }),
    ]
  ) {
    for (const [name, call] of Object.entries(CALLS)) {
      const { all, log, telemetry } = written(sinkOf);
      for (const value of values) call(log, value as never);
      assertEquals(all.length, values.length, name);
      assertEquals(telemetry.health().sinkErrors, 0, name);
    }
  }
});

Deno.test("a getter that throws takes no other field with it, wherever it stands", () => {
  const fields = {
    before: 1,
    get bad(): never {
      throw new Error("no");
    },
    after: 2,
  };
  const { all, log } = written(JSON_SINKS.json);
  log.info("m", fields);
  log.child(fields).info("m");
  for (const line of all) {
    const { before, bad, after } = JSON.parse(line);
    assertEquals([before, bad, after], [1, "[unreadable]", 2]);
  }
});

Deno.test("a message, names and many fields are cut as well", () => {
  const { all, log } = written(JSON_SINKS.json);
  log.info("m".repeat(70_000));
  log.info("m", { ["n".repeat(70_000)]: 1 });
  log.info(
    "m",
    Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f${index}`, index])),
  );
  log.info("m", { truncated: 7 });
  const parsed = all.map((line) => JSON.parse(line));
  assertEquals(parsed.map(({ truncated }) => truncated), [1, 1, 904, undefined]);
  assertEquals(parsed[0].message.length, 65_536 + "… (70000 characters)".length);
  assertEquals(parsed[3]["fields.truncated"], 7);
});

Deno.test("every pretty line is one line, in colour and without", () => {
  for (const color of [true, false]) {
    fc.assert(fc.property(
      fc.string({ unit: "binary" }),
      fc.dictionary(fc.string({ unit: "binary" }), fc.anything()),
      fc.string({ unit: "binary" }),
      (message, fields, name) => {
        const { all, telemetry } = written((write) => pretty({ write, color }));
        telemetry.span(name, fields, (span) => span.log.info(message, fields));
        assertEquals(all.length, 2);
        for (const line of all) {
          // deno-lint-ignore no-control-regex
          const bare = line.replaceAll(/\u001b\[[0-9;]*m/g, (code) => color ? "" : code);
          // deno-lint-ignore no-control-regex
          assert(!/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202e]/.test(bare), bare);
        }
      },
    ));
  }
});

Deno.test("fields may have types that the compiler checks", () => {
  interface OrderFields {
    readonly order: string;
    readonly cents?: number;
  }
  const { all, log } = written(JSON_SINKS.json);
  const orders = log.typed<OrderFields>().child({ tenant: "a" });
  orders.info("placed", { order: "o_1", cents: 5 });
  orders.info("placed", () => ({ order: "o_2" }));
  orders.error("failed", new Error("no"));
  // @ts-expect-error: a name that is misspelt.
  orders.info("placed", { ordr: "o_3" });
  // @ts-expect-error: a type that is another.
  orders.info("placed", { order: 4 });
  assertEquals(all.map((line) => JSON.parse(line).tenant), ["a", "a", "a", "a", "a"]);
});
