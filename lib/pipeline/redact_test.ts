import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { hostileProxy } from "../log/hostile_cases.ts";
import { jsonLinesOf } from "../log/json_line.ts";
import { createTelemetry } from "../telemetry.ts";
import { memory } from "../transport/memory.ts";
import { pipe } from "./pipe.ts";
import { redact, type RedactOptions } from "./redact.ts";
import { isLuhn, keyedHash } from "./redact_text.ts";

function setup(options: RedactOptions = {}) {
  const sink = memory();
  const telemetry = createTelemetry({ service: "x", sinks: [pipe(redact(options), sink)] });
  return { sink, telemetry, log: telemetry.log };
}

Deno.test("values are hidden by name, at any depth, whatever the case", () => {
  const { sink, log } = setup();
  const fields = {
    user: { name: "ada", Password: "p", list: [{ "api-key": "k", ok: 1 }] },
    "http.request.header.authorization": "x",
    accessToken: "t",
    none: undefined,
  };
  log.info("hello", fields);
  assertEquals(sink.logs[0].fields, {
    user: { name: "ada", Password: "[redacted]", list: [{ "api-key": "[redacted]", ok: 1 }] },
    "http.request.header.authorization": "[redacted]",
    accessToken: "[redacted]",
    none: undefined,
  });
  assertEquals(fields.user.Password, "p", "the caller's object stays as it is");
});

Deno.test("values are hidden by path", () => {
  const { sink, log } = setup({
    keys: [],
    paths: ["user.email", "items.*.card", "**.deep", "a.**.z"],
  });
  log.info("x", {
    user: { email: "1", other: "2" },
    email: "3",
    items: [{ card: "4" }, { card: "5", c: "6" }],
    one: { two: { deep: "7" } },
    a: { z: "8", b: { z: "9" } },
  });
  assertEquals(sink.logs[0].fields, {
    user: { email: "[redacted]", other: "2" },
    email: "3",
    items: [{ card: "[redacted]" }, { card: "[redacted]", c: "6" }],
    one: { two: { deep: "[redacted]" } },
    a: { z: "[redacted]", b: { z: "[redacted]" } },
  });
  assertThrows(() => redact({ paths: ["a..b"] }), TypeError, "empty part");
});

Deno.test("secrets are found within texts, those of errors included", () => {
  const { sink, log } = setup();
  const cases: [text: string, expected: string][] = [
    ["Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer [redacted]"],
    ["login password=hunter2 ok", "login password=[redacted] ok"],
    ['{"token": "abc"}', '{"token": "[redacted]"}'],
    ["paid by 4242 4242 4242 4242.", "paid by [redacted]."],
    ["order 4242424242424241", "order 4242424242424241"],
    ["mail ada.lovelace@example.co.uk now", "mail [redacted] now"],
    ["nothing here", "nothing here"],
    ["at 12:30, id=7", "at 12:30, id=7"],
  ];
  for (const [text] of cases) log.info(text, { text, list: [text] });
  sink.logs.forEach((record, index) => {
    const [, expected] = cases[index];
    assertEquals(record.message, expected);
    assertEquals(record.fields, { text: expected, list: [expected] });
  });
  log.error("failed", new Error("no password=abc", { cause: new Error("token=xyz") }));
  const failed = sink.logs.at(-1)!.fields!;
  assertEquals(failed["exception.message"], "no password=[redacted]");
  assert(!String(failed["exception.stacktrace"]).includes("abc"));
  assertEquals((failed["exception.cause"] as Error).message, "token=[redacted]");
  const more = Object.assign(new AggregateError([new Error("secret=s1")], "m"), {
    config: { headers: { authorization: "s2" } },
  });
  log.error("failed", { more, clean: new Error("clean") });
  const line = jsonLinesOf("x").log(sink.logs.at(-1)!);
  assert(!/s1|s2/.test(line), line);
  assertEquals(JSON.parse(line).more.config.headers, { authorization: "[redacted]" });
  assertEquals(JSON.parse(line).more.errors[0].message, "secret=[redacted]");
  assertEquals(JSON.parse(line).clean.message, "clean");
});

Deno.test("each pattern can be switched off, own ones added, and the censor chosen", () => {
  const { sink, log } = setup({
    text: { email: false, card: false },
    patterns: [/\bSECRET-\d+\b/g],
    censor: "remove",
  });
  log.info("a@b.example SECRET-12 4242424242424242", { password: "x", kept: 1 });
  assertEquals(sink.logs[0].message, "a@b.example  4242424242424242");
  assertEquals(sink.logs[0].fields, { kept: 1 });
  const hashed = setup({ censor: keyedHash("k") });
  hashed.log.info("x", { password: "p" });
  hashed.log.info("x", { password: "p" });
  hashed.log.info("x", { password: "q" });
  const [a, b, c] = hashed.sink.logs.map(({ fields }) => fields?.password);
  assert(a === b && a !== c && /^#[0-9a-f]{16}$/.test(String(a)));
  assert(keyedHash("other")("p") !== a);
  assertThrows(() => redact({ patterns: [/x/] }), TypeError, "not global");
  assertThrows(() => redact({ color: 1 } as never), TypeError, "color is unknown");
});

Deno.test("spans are redacted too: attributes, events, status; other sinks see them as they were", () => {
  const sink = memory();
  const other = memory();
  const telemetry = createTelemetry({ service: "x", sinks: [pipe(redact(), sink), other] });
  const span = telemetry.startSpan("GET", { password: "p", route: "/a" });
  span.setAttribute("url.full", "https://x.example/?token=abc");
  span.addEvent("login", { secret: "s" });
  span.fail(new Error("password=abc"));
  span.end();
  telemetry.startSpan("clean", { a: 1 }).end();
  const [changed, clean] = sink.spans;
  assertEquals(changed.attribute("password"), "[redacted]");
  assertEquals(changed.attributes()["url.full"], "https://x.example/?token=[redacted]");
  assertEquals(changed.events?.[0].attributes, { secret: "[redacted]" });
  assertEquals(changed.statusMessage, "password=[redacted]");
  assertEquals([changed.spanId, changed.durationMs], [span.spanId, span.durationMs]);
  assert(clean === other.spans[1], "nothing found: the span itself");
  assertEquals(other.spans[0].attribute("password"), "p");
});

Deno.test("hostile fields are survived, and lose no neighbour", () => {
  const { sink, log } = setup();
  const circle: Record<string, unknown> = { password: "p", ok: 1 };
  circle.self = circle;
  log.info("circle", circle);
  log.info("getter", {
    token: "abc",
    get bad(): string {
      throw new Error("no");
    },
    after: { ok: 1, worse: hostileProxy() },
  });
  let deep: Record<string, unknown> = { password: "p" };
  for (let index = 0; index < 20_000; index++) deep = { deep };
  log.info("deep", { deep, ok: 1 });
  log.info("long", { text: `password=abc ${"x".repeat(1_000_000)}` });
  log.info("map", { map: new Map([["password", "p"]]), set: new Set([{ token: "t" }]) });
  const lines = sink.logs.map((record) => jsonLinesOf("x").log(record));
  assertEquals(lines.length, 5);
  for (const line of lines) {
    JSON.parse(line);
    assert(!line.includes('"p"') && !line.includes("abc"), line.slice(0, 300));
  }
  assertEquals(sink.logs[0].fields?.ok, 1);
  const { token, bad, after } = JSON.parse(lines[1]);
  assertEquals([token, bad, after], ["[redacted]", "[unreadable]", {
    ok: 1,
    worse: "[unreadable]",
  }]);
});

Deno.test("what is written of a value is looked at, not what it is made from", () => {
  const { sink, log } = setup();
  log.info("x", {
    user: { toJSON: () => ({ password: "p", name: "ada" }) },
    url: new URL("https://a.example/?token=abc"),
    clean: new URL("https://a.example/"),
    card: 4242424242424242,
    big: 4242424242424242n,
    time: 1_700_000_000_123,
    texts: "1700000000129 and 4242424242424242",
  });
  assertEquals(JSON.parse(jsonLinesOf("x").log(sink.logs[0])).user, {
    password: "[redacted]",
    name: "ada",
  });
  const { url, clean, card, big, time, texts } = sink.logs[0].fields!;
  assertEquals([url, String(clean), card, big, time, texts], [
    "https://a.example/?token=[redacted]",
    "https://a.example/",
    "[redacted]",
    "[redacted]",
    1_700_000_000_123,
    "1700000000129 and [redacted]",
  ]);
});

Deno.test("a keyed hash is HMAC-SHA-256, cut to 64 bits", async () => {
  for (const [secret, value] of [["k", "p"], ["x".repeat(100), "é".repeat(90)], ["", ""]]) {
    const bytes = (text: string) => new TextEncoder().encode(text);
    // WebCrypto takes no empty key; one zero byte is the same to HMAC.
    const raw = secret === "" ? new Uint8Array(1) : bytes(secret);
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", raw, hmac, false, ["sign"]);
    const theirs = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(value)));
    const hex = [...theirs.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0"));
    assertEquals(keyedHash(secret)(value), `#${hex.join("")}`);
  }
});

Deno.test("Luhn's check", () => {
  for (const good of ["4242424242424242", "5555 5555 5555 4444", "378282246310005"]) {
    assert(isLuhn(good), good);
  }
  fc.assert(fc.property(fc.stringMatching(/^[0-9]{15}$/), (digits) => {
    const right = [..."0123456789"].filter((digit) => isLuhn(digits + digit));
    assertEquals(right.length, 1);
  }));
});

Deno.test("texts of any kind are looked at in bounded time", () => {
  const { log, sink } = setup();
  for (
    const text of [
      "a.".repeat(50_000),
      "password=".repeat(10_000),
      "1 ".repeat(50_000),
      "a@".repeat(50_000),
    ]
  ) {
    log.info(text);
  }
  assertEquals(sink.logs.length, 4);
});
