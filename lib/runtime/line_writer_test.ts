import { assert, assertEquals } from "@std/assert";
import { LineWriter } from "./line_writer.ts";

Deno.test("lines are written in their order and in batches, with books for each way in", () => {
  const writes: string[] = [];
  const writer = new LineWriter({
    write: (bytes) => void writes.push(new TextDecoder().decode(bytes)),
    delayMs: 1000,
  });
  const [a, b] = [writer.open(), writer.open()];
  a.write("1");
  b.write("2");
  a.write("3");
  assertEquals([writes, a.queued, b.queued, a.tally.delivered], [[], 2, 1, 0]);
  a.flush();
  assertEquals([writes, a.queued, b.queued], [["1\n2\n3\n"], 0, 0]);
  assertEquals([a.tally.created, a.tally.delivered, b.tally.delivered], [2, 2, 1]);
  for (let index = 0; index < 300; index++) a.write("x".repeat(100));
  assertEquals(writes.length, 2, "more than it may hold is written at once");
  a.flush();
  assertEquals(writes.slice(1).join("").length, 300 * 101);
});

Deno.test("a line waits no longer than it may; a write that fails is counted", async () => {
  let isBroken = false;
  let written = 0;
  const writer = new LineWriter({
    write(bytes) {
      if (isBroken) throw new Error("broken pipe");
      written += bytes.length;
    },
    delayMs: 1,
  });
  const output = writer.open();
  output.write("one");
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(written, 4);
  isBroken = true;
  output.write("two");
  output.flush();
  const health = output.tally.health(output.queued, output.queuedBytes);
  assertEquals([health.created, health.delivered, health.dropped], [2, 1, { rejected: 1 }]);
  assert(health.lastError!.includes("broken pipe"));
});

/** Writes lines, says on standard error how many, and ends in its own way. */
const WRITER = `
import { createTelemetry, json, jsonLines } from "${import.meta.resolve("../../mod.ts")}";
import { deno } from "${import.meta.resolve("./deno.ts")}";
import { file } from "${import.meta.resolve("./file.ts")}";
const [path, ending] = Deno.args;
const sinks = [jsonLines(), file({ path, format: json, delayMs: 50 })];
const { log } = createTelemetry({ service: "x", runtime: deno(), sinks });
let count = 0;
const write = () => { for (let index = 0; index < 37; index++) log.info("line", { count: ++count }); };
write();
const endings = {
  end: () => {},
  exit: () => { write(); Deno.exit(3); },
  throw: () => { write(); throw new Error("uncaught"); },
  "throw later": () => setTimeout(() => { write(); throw new Error("uncaught"); }),
  reject: () => setTimeout(() => { write(); Promise.reject(new Error("uncaught")); }),
  SIGTERM: () => setInterval(() => { write(); Deno.stderr.writeSync(new TextEncoder().encode(count + "\\n")); }),
};
Deno.stderr.writeSync(new TextEncoder().encode(count + "\\n"));
endings[ending]();
`;

for (const ending of ["end", "exit", "throw", "throw later", "reject", "SIGTERM"] as const) {
  Deno.test(`no line in a batch is lost when the process ends: ${ending}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/writer.ts`, WRITER);
      const child = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--no-check",
          "--quiet",
          `${folder}/writer.ts`,
          `${folder}/log`,
          ending,
        ],
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const out = new Response(child.stdout).text();
      let said = "";
      let isAsked = false;
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
        said += text;
        if (ending !== "SIGTERM" || isAsked || said.split("\n").length < 20) continue;
        isAsked = true;
        child.kill("SIGTERM");
      }
      const { success, signal } = await child.status;
      assertEquals([success, signal], [ending === "end", ending === "SIGTERM" ? "SIGTERM" : null]);
      const more = ending === "end" || ending === "SIGTERM" ? 0 : 37;
      const acknowledged = more + Math.max(...said.match(/^\d+$/gm)!.map(Number));
      for (const text of [await out, await Deno.readTextFile(`${folder}/log`)]) {
        const counts = text.trimEnd().split("\n").map((line) => JSON.parse(line).count);
        assert(counts.length >= acknowledged, `${counts.length} of ${acknowledged}`);
        assertEquals(counts, counts.map((_, index) => index + 1));
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
