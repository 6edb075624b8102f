import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createTelemetry } from "../telemetry.ts";
import { datadog, ecs, gcp, json, type LineFormat, logfmt, pino } from "../log/formats.ts";
import { file } from "../runtime/file.ts";
import { lines, stream } from "./lines.ts";

function written(format: LineFormat) {
  const all: string[] = [];
  const clock = { monotonicMs: () => 1, wallMs: () => 1_700_000_000_123 };
  const telemetry = createTelemetry({
    service: "orders",
    clock,
    sinks: [lines(format, { write: (line) => void all.push(line) }), { onSpan() {} }],
  });
  return { all, telemetry, log: telemetry.log };
}

const JSON_FORMATS: Readonly<Record<string, LineFormat>> = {
  json,
  pino,
  ecs,
  gcp: gcp("p"),
  datadog,
};

Deno.test("each format has its own names", () => {
  const line = (format: LineFormat) => {
    const { all, telemetry } = written(format);
    telemetry.span("a", (span) => span.log.warn("card was declined", { sku: "tea" }));
    return all[0];
  };
  assertEquals(
    line(logfmt).replace(/_id=\w+/g, "_id=X"),
    'time=2023-11-14T22:13:20.123Z level=warn service=orders msg="card was declined" ' +
      "trace_id=X span_id=X sku=tea",
  );
  const { trace_id: _t, span_id: _s, ...asPino } = JSON.parse(line(pino));
  assertEquals(asPino, {
    level: 40,
    time: 1_700_000_000_123,
    name: "orders",
    msg: "card was declined",
    sku: "tea",
  });
  const asEcs = JSON.parse(line(ecs));
  assertEquals([asEcs["@timestamp"], asEcs["log.level"], asEcs["service.name"], asEcs.sku], [
    "2023-11-14T22:13:20.123Z",
    "warn",
    "orders",
    "tea",
  ]);
  assertEquals(asEcs["trace.id"].length, 32);
  const asGcp = JSON.parse(line(gcp("my-project")));
  assertEquals([asGcp.severity, asGcp.serviceContext], ["WARNING", { service: "orders" }]);
  assertStringIncludes(asGcp["logging.googleapis.com/trace"], "projects/my-project/traces/");
  const asDatadog = JSON.parse(line(datadog));
  assertEquals([asDatadog.status, asDatadog.service], ["warn", "orders"]);
  assert(/^\d+$/.test(asDatadog["dd.span_id"]));
});

Deno.test("errors have the names of the format", () => {
  const of = (format: LineFormat) => {
    const { all, log } = written(format);
    log.error("failed", new RangeError("no"));
    return JSON.parse(all[0]);
  };
  assertEquals([of(pino).err.type, of(pino).err.message], ["RangeError", "no"]);
  assertEquals(of(ecs).error.type, "RangeError");
  assertEquals(of(datadog).error.kind, "RangeError");
  assertStringIncludes(of(gcp()).stack_trace, "RangeError: no");
});

const LEVELS: Readonly<Record<string, [name: string, info: unknown]>> = {
  json: ["level", "info"],
  pino: ["level", 30],
  ecs: ["log.level", "info"],
  gcp: ["severity", "INFO"],
  datadog: ["status", "info"],
};

const fields = fc.dictionary(
  fc.oneof(
    fc.string(),
    fc.constantFrom(
      "time",
      "level",
      "msg",
      "message",
      "service",
      "trace_id",
      "severity",
      "__proto__",
    ),
  ),
  fc.anything(),
);

Deno.test("every JSON line parses, has each name once, and ours cannot be forged", () => {
  for (const [name, format] of Object.entries(JSON_FORMATS)) {
    fc.assert(
      fc.property(fc.string(), fields, fields, (message, own, bindings) => {
        const { all, log } = written(format);
        log.child(bindings).info(message, own);
        const line = JSON.parse(all[0]);
        assert(!all[0].includes("\n"));
        const duplicates = keysOfText(all[0]);
        assertEquals(new Set(duplicates).size, duplicates.length, name);
        const [levelName, level] = LEVELS[name];
        assertEquals(line[levelName], level, name);
        assertEquals(line[name === "pino" ? "msg" : "message"], message.toWellFormed());
      }),
      { numRuns: 60 },
    );
  }
});

/** The names of the outermost object of a JSON text, in order, duplicates too. */
function keysOfText(text: string): string[] {
  const names: string[] = [];
  let depth = 0;
  let isName = false;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    if (token === "{" || token === "[") {
      depth++;
      isName = token === "{";
    } else if (token === "}" || token === "]") depth--;
    else if (token === ",") isName = true;
    else if (token === ":") isName = false;
    else if (depth === 1 && isName) names.push(JSON.parse(token));
  }
  return names;
}

Deno.test("every logfmt line is one line of pairs", () => {
  fc.assert(fc.property(fc.string(), fields, (message, own) => {
    const { all, log } = written(logfmt);
    log.info(message, own);
    // deno-lint-ignore no-control-regex
    assert(!/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(all[0]), all[0]);
    assert(/^time=\S+ level=info service=orders msg=/.test(all[0]), all[0]);
    const rest = all[0].replaceAll(/"(?:[^"\\]|\\.)*"/g, "q");
    for (const pair of rest.split(" ")) assert(/^[^\s="]+=[^\s="]+$/.test(pair), all[0]);
  }));
});

Deno.test("a stream takes lines in their order; what it can't hold is dropped and counted", async () => {
  let text = "";
  let release = () => {};
  const isFree = new Promise<void>((resolve) => release = resolve);
  const target = new WritableStream<Uint8Array>({
    async write(bytes) {
      await isFree;
      text += new TextDecoder().decode(bytes);
    },
  });
  const telemetry = createTelemetry({
    service: "x",
    sinks: [stream(target, { format: logfmt, bytesMax: 1000 })],
  });
  for (let index = 0; index < 100; index++) telemetry.log.info(`line ${index}`);
  const waiting = telemetry.health().destinations[0].logs!;
  assert(waiting.queued > 5 && waiting.queuedBytes <= 1000);
  assertEquals(waiting.queued + waiting.dropped.queue_full!, 100);
  release();
  await telemetry.shutdown();
  const after = telemetry.health().destinations[0].logs!;
  assertEquals([after.queued, after.delivered], [0, waiting.queued]);
  assertEquals(text.trimEnd().split("\n").length, waiting.queued);
  telemetry.log.info("too late");
  assertEquals(telemetry.health().destinations[0].logs!.dropped.shutdown, 1);
});

Deno.test("a stream that fails is counted", async () => {
  const target = new WritableStream<Uint8Array>({
    write() {
      throw new Error("full");
    },
  });
  const telemetry = createTelemetry({ service: "x", sinks: [stream(target)] });
  telemetry.log.info("a");
  await telemetry.flush();
  telemetry.log.info("b");
  await telemetry.shutdown();
  const books = telemetry.health().destinations[0].logs!;
  assertEquals([books.created, books.dropped], [2, { rejected: 2 }]);
  assertThrows(() => stream(new WritableStream(), { bytesMax: 0 }), RangeError, "bytesMax is 0");
});

Deno.test("a file is rotated by size and time, and opened again when it was moved away", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/log`;
    const clock = { nowMs: 0, monotonicMs: () => clock.nowMs, wallMs: () => 1_700_000_000_000 };
    const telemetry = createTelemetry({
      service: "x",
      clock,
      sinks: [
        file({
          path,
          format: (record) => record.message,
          bytesMax: 20,
          filesMax: 2,
          rotateMs: 60_000,
        }),
      ],
    });
    const read = (name: string) => Deno.readTextFileSync(`${folder}/${name}`).trimEnd().split("\n");
    for (let index = 0; index < 7; index++) telemetry.log.info(`line ${index}`);
    assertEquals([read("log"), read("log.1"), read("log.2")], [
      ["line 6"],
      ["line 4", "line 5"],
      ["line 2", "line 3"],
    ]);
    clock.nowMs += 60_000;
    telemetry.log.info("later");
    assertEquals([read("log"), read("log.1")], [["later"], ["line 6"]]);
    Deno.renameSync(path, `${folder}/away`);
    clock.nowMs += 1000;
    telemetry.log.info("anew");
    assertEquals([read("away"), read("log")], [["later"], ["anew"]]);
    await telemetry.shutdown();
    const books = telemetry.health().destinations[0].logs!;
    assertEquals([books.created, books.delivered], [9, 9]);
    assertThrows(
      () =>
        createTelemetry({
          service: "x",
          sinks: [file({ path: `${folder}/none/log`, format: json })],
        }),
      Deno.errors.NotFound,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const WRITER = `
import { createTelemetry, json } from "${import.meta.resolve("../../mod.ts")}";
import { file } from "${import.meta.resolve("../runtime/file.ts")}";
const { log } = createTelemetry({ service: "x", sinks: [file({ path: Deno.args[0], format: json })] });
let count = 0;
const write = () => { log.info("line", { count: ++count }); };
for (let index = 0; index < 1000; index++) write();
console.log("ready");
if (Deno.args[1] === "throw") throw new Error("uncaught");
if (Deno.args[1] === "wait") setInterval(() => { for (let index = 0; index < 100; index++) write(); console.log(count); }, 5);
`;

for (
  const [how, signal] of [["end", undefined], ["throw", undefined], ["wait", "SIGTERM"], [
    "wait",
    "SIGKILL",
  ]] as const
) {
  Deno.test(`no line is lost when the process ends: ${signal ?? how}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/writer.ts`, WRITER);
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--quiet", `${folder}/writer.ts`, `${folder}/log`, how],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      let said = "";
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        said += text;
        if (signal !== undefined && said.includes("ready\n") && said.split("\n").length > 5) {
          child.kill(signal);
          break;
        }
      }
      await child.status;
      const acknowledged = Math.max(
        1000,
        ...said.split("\n").slice(0, -1).map(Number).filter(Boolean),
      );
      const found = (await Deno.readTextFile(`${folder}/log`)).trimEnd().split("\n");
      assert(found.length >= acknowledged, `${found.length} of ${acknowledged}`);
      found.forEach((line, index) => assertEquals(JSON.parse(line).count, index + 1));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("no field passes for an id where there is no span", () => {
  for (const format of [logfmt, ...Object.values(JSON_FORMATS)]) {
    const { all, log } = written(format);
    const names = ["trace_id", "span_id", "trace.id", "span.id", "dd.trace_id"];
    log.info("forged", Object.fromEntries(names.map((name) => [name, "zz"])));
    const own: Readonly<Record<string, readonly string[]>> = {
      logfmt: ["trace_id", "span_id"],
      json: ["trace_id", "span_id"],
      pino: ["trace_id", "span_id"],
      ecs: ["trace.id", "span.id"],
      datadog: ["dd.trace_id"],
    };
    for (const name of own[format.name] ?? []) {
      assertStringIncludes(all[0], `fields.${name}`);
      assert(!new RegExp(`(^|[\\s{,"])${name.replace(".", "\\.")}"?[:=]`).test(all[0]), all[0]);
    }
  }
});

Deno.test("what was thrown may be all that is said", () => {
  const { all, log } = written(json);
  log.error(new RangeError("out of tea"), { sku: "tea" });
  log.warn(new Error(""));
  const [failed, empty] = all.map((line) => JSON.parse(line));
  assertEquals([failed.message, failed["exception.type"], failed.sku], [
    "out of tea",
    "RangeError",
    "tea",
  ]);
  assertStringIncludes(failed["exception.stacktrace"], "RangeError: out of tea");
  assertEquals([empty.message, empty["exception.type"]], ["", "Error"]);
});
