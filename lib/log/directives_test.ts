import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createTelemetry } from "../telemetry.ts";
import { memory } from "../transport/memory.ts";
import { parseDirectives } from "./directives.ts";
import { LevelFilter, type SpanScope } from "./level_filter.ts";
import { SEVERITY } from "../core/level.ts";

function span(name: string, fields: Record<string, unknown> = {}, localParent?: SpanScope) {
  return { name, attribute: (key: string) => fields[key], localParent };
}

const checkout = span("checkout", { tier: "gold", items: 3 });
const within = span("price order", {}, checkout);

interface Case {
  readonly directives: string;
  readonly target: string;
  readonly span?: SpanScope;
  /** The level that applies, and the directive that says so. */
  readonly level: string;
  readonly by: string | undefined;
}

/** What the filter does and what `explain` says must be the same. */
const CASES: readonly Case[] = [
  { directives: "", target: "orders", level: "info", by: undefined },
  { directives: "warn", target: "orders", level: "warn", by: "warn" },
  { directives: "WARN", target: "orders", level: "warn", by: "WARN" },
  { directives: "warn,orders=debug", target: "orders", level: "debug", by: "orders=debug" },
  { directives: "warn,orders=debug", target: "orders.pay", level: "debug", by: "orders=debug" },
  { directives: "warn,orders=debug", target: "ordersx", level: "warn", by: "warn" },
  {
    directives: "orders.pay=trace,orders=warn",
    target: "orders.pay",
    level: "trace",
    by: "orders.pay=trace",
  },
  {
    directives: "orders=warn,orders.pay=trace",
    target: "orders::pay::card",
    level: "trace",
    by: "orders.pay=trace",
  },
  { directives: "a/b=debug", target: "a.b", level: "debug", by: "a/b=debug" },
  { directives: "orders=off", target: "orders", level: "off", by: "orders=off" },
  { directives: "orders=debug,orders=warn", target: "orders", level: "warn", by: "orders=warn" },
  {
    directives: "[checkout]=debug",
    target: "x",
    span: checkout,
    level: "debug",
    by: "[checkout]=debug",
  },
  { directives: "[checkout]=debug", target: "x", level: "info", by: undefined },
  {
    directives: "[checkout]=debug",
    target: "x",
    span: within,
    level: "debug",
    by: "[checkout]=debug",
  },
  {
    directives: "[{tier=gold}]=trace",
    target: "x",
    span: within,
    level: "trace",
    by: "[{tier=gold}]=trace",
  },
  {
    directives: "[{tier=g*d,items=3}]=trace",
    target: "x",
    span: checkout,
    level: "trace",
    by: "[{tier=g*d,items=3}]=trace",
  },
  {
    directives: '[{tier="gold"}]=trace',
    target: "x",
    span: checkout,
    level: "trace",
    by: '[{tier="gold"}]=trace',
  },
  {
    directives: "[{tier=silver}]=trace",
    target: "x",
    span: checkout,
    level: "info",
    by: undefined,
  },
  {
    directives: "[{tier}]=debug",
    target: "x",
    span: checkout,
    level: "debug",
    by: "[{tier}]=debug",
  },
  {
    directives: "[checkout]=off,info",
    target: "x",
    span: checkout,
    level: "off",
    by: "[checkout]=off",
  },
  {
    directives: "[checkout]=debug,[checkout{tier=gold}]=error",
    target: "x",
    span: checkout,
    level: "error",
    by: "[checkout{tier=gold}]=error",
  },
  {
    directives: "orders[checkout]=debug",
    target: "x",
    span: checkout,
    level: "info",
    by: undefined,
  },
  {
    directives: "orders[checkout]=debug",
    target: "orders.a",
    span: checkout,
    level: "debug",
    by: "orders[checkout]=debug",
  },
];

for (const { directives, target, span: scope, level, by } of CASES) {
  const where = scope === undefined ? "" : ` in ${scope.name}`;
  Deno.test(`directives ${JSON.stringify(directives)} on ${target}${where}: ${level}`, () => {
    const filter = new LevelFilter(false);
    assertEquals(filter.reload(directives), []);
    assertEquals(filter.explain(target, scope), { level: level as never, directive: by });
    const gate = filter.gate(target);
    const threshold = gate.scoped?.(scope) ?? gate.threshold;
    assertEquals(threshold, SEVERITY[level as keyof typeof SEVERITY]);
    assert(gate.threshold <= threshold, "what is written must pass the gate");
  });
}

Deno.test("a mistake names its column and what was expected; the others apply", () => {
  const cases: [text: string, column: number, expected: string][] = [
    ["inof", 1, 'a level (trace, debug, info, warn, error, off) or target=level, found "inof"'],
    ["warn, orders=lots", 14, 'a level (trace, debug, info, warn, error, off), found "lots"'],
    ["a=", 3, "a level (trace, debug, info, warn, error, off), found the end"],
    ["[checkout=debug", 16, 'a "]", found the end'],
    ["[]=debug", 2, "the name of a span, found the end"],
    ["[a{}]=debug", 4, "a field: name or name=value, found the end"],
    ["[a{b=c]=debug", 7, 'a "}", found the end'],
    ["[a]debug", 4, '"=" and a level, found "debug"'],
    ["=debug", 1, 'a level or a target, found "=debug"'],
  ];
  for (const [text, column, expected] of cases) {
    assertEquals(parseDirectives(text).errors, [{ column, message: `expected ${expected}` }], text);
  }
  assertEquals(parseDirectives("x=lots,good=debug").directives.map(({ text }) => text), [
    "good=debug",
  ]);
});

Deno.test("arbitrary text never throws", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const { directives, errors } = parseDirectives(text);
    assert(errors.every(({ column }) => column >= 1 && column <= text.length + 1));
    assert(directives.every(({ level }) => Object.hasOwn(SEVERITY, level)));
  }));
  fc.assert(fc.property(fc.stringMatching(/^[a-c=,[\]{}" *.]{0,24}$/), (text) => {
    parseDirectives(text);
  }));
});

Deno.test("loggers have targets; a reload changes those that are there", () => {
  const sink = memory();
  const telemetry = createTelemetry({
    service: "shop",
    level: "warn,orders.pay=debug",
    sinks: [sink],
  });
  const pay = telemetry.logger("orders.pay").child({ a: 1 });
  pay.debug("one");
  telemetry.logger("orders").info("not");
  telemetry.log.info("not");
  telemetry.setLevel("off,orders.pay=off,shop=info");
  pay.error("not");
  telemetry.log.info("two");
  telemetry.setLevel("[checkout{tier=gold}]=debug,warn");
  telemetry.span("checkout", { tier: "gold" }, (checkout) => {
    checkout.span("inner", (inner) => inner.log.debug("three"));
  });
  telemetry.span("checkout", { tier: "tin" }, (checkout) => checkout.log.debug("not"));
  assertEquals(sink.logs.map(({ message, scope }) => [message, scope.name]), [
    ["one", "orders.pay"],
    ["two", "shop"],
    ["three", "shop"],
  ]);
  assertEquals(telemetry.explainLevel("a").directive, "warn");
  assertEquals(telemetry.setLevel("info,a=loud").length, 1);
  telemetry.setLevel("loud");
  assert(telemetry.health().warnings[0].startsWith("log directives, column 1: expected a level"));
});

Deno.test("the environment comes first; a wrong option is refused at once", () => {
  const from = (env: Record<string, string>, level?: string) => {
    const telemetry = createTelemetry({
      service: "x",
      level,
      runtime: { name: "x", env: (name) => env[name] },
      sinks: [memory()],
    });
    return telemetry.explainLevel("x").level;
  };
  assertEquals(from({}), "info");
  assertEquals(from({ OTEL_LOG_LEVEL: "warn" }), "warn");
  assertEquals(from({ OTEL_LOG_LEVEL: "warn" }, "debug"), "debug");
  assertEquals(from({ SEXTANT_LOG: "trace", OTEL_LOG_LEVEL: "warn" }, "debug"), "trace");
  assertThrows(() => from({}, "loud"), RangeError, "column 1, expected a level");
});

Deno.test("what is wrong with SEXTANT_LOG is said at once", () => {
  const said: string[] = [];
  const setup = (onLoss: false | ((message: string) => void)) =>
    createTelemetry({
      service: "x",
      runtime: { name: "x", env: (name) => name === "SEXTANT_LOG" ? "warn,a=loud" : undefined },
      sinks: [memory()],
      onLoss,
    });
  assertEquals(setup((message) => void said.push(message)).explainLevel("a").level, "warn");
  assertEquals(said, [
    "log directives, column 8: expected a level (trace, debug, info, warn, error, off), " +
    'found "loud"',
  ]);
  setup(false);
});

Deno.test("fields may be made late, messages may be templates, and neither throws", () => {
  const sink = memory();
  const { log } = createTelemetry({ service: "x", sinks: [sink] });
  let made = 0;
  const late = () => ({ made: ++made });
  log.debug("no", late);
  log.info("yes", late);
  log.info`order ${17} of ${"ada"} ${{ a: 1 }}`;
  log.info("broken", () => {
    throw new RangeError("no");
  });
  log.info(7 as never);
  log.error("failed", new AggregateError([new Error("a")], "all", { cause: "c" }));
  assertEquals(made, 1);
  const [yes, order, broken, seven, failed] = sink.logs;
  assertEquals(yes.fields, { made: 1 });
  assertEquals([order.message, order.fields], ['order 17 of ada {"a":1}', undefined]);
  assertEquals(broken.fields, { "sextant.fields_failed": "RangeError" });
  assertEquals(seven.message, "7");
  assertEquals(failed.fields?.["exception.cause"], "c");
  assertEquals((failed.fields?.["exception.errors"] as Error[])[0].message, "a");
});
