import { assert, assertEquals } from "@std/assert";
import { type FaultServer, faultServer } from "../testing/mod.ts";

const SPANS = 500;

/** A program that records and then ends as `ending` says; gives the spans that arrived. */
async function recordedBy(
  ending: string,
  more: { readonly flags?: readonly string[]; readonly signal?: Deno.Signal } = {},
): Promise<{ spans: number; status: Deno.CommandStatus }> {
  await using server: FaultServer = await faultServer();
  const mod = new URL("../../mod.ts", import.meta.url).href;
  const runtime = new URL("./deno.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...more.flags ?? ["-A"], "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`
    import { createTelemetry, otlp } from "${mod}";
    import { deno } from "${runtime}";
    const sinks = [otlp({ endpoint: "${server.url}", signals: ["traces"] })];
    const telemetry = createTelemetry({ service: "end", runtime: deno(), onLoss: false, sinks });
    for (let index = 0; index < ${SPANS}; index++) telemetry.startSpan("s").end();
    console.log("ready");
    ${ending}
  `));
  await writer.close();
  const reader = child.stdout.getReader();
  await reader.read();
  if (more.signal !== undefined) child.kill(more.signal);
  await reader.cancel();
  const status = await child.status;
  return { spans: server.spans().length, status };
}

Deno.test("a program that comes to its end sends what it has recorded", async () => {
  const { spans, status } = await recordedBy("");
  assertEquals([spans, status.code], [SPANS, 0]);
});

Deno.test("an uncaught error loses nothing, wherever it is thrown; the process ends by it", async () => {
  for (
    const ending of [
      "throw new Error('x');",
      "setTimeout(() => { throw new Error('x'); });",
      "setTimeout(() => Promise.reject(new Error('x'))); setInterval(() => {}, 1000);",
    ]
  ) {
    const { spans, status } = await recordedBy(ending);
    assertEquals([spans, status.code], [SPANS, 1], ending);
  }
});

Deno.test("an error that the program handles ends nothing", async () => {
  const { spans, status } = await recordedBy(`
    addEventListener("unhandledrejection", (event) => event.preventDefault());
    Promise.reject(new Error("x"));
    setTimeout(() => { for (let index = 0; index < ${SPANS}; index++) telemetry.startSpan("s").end(); }, 50);
  `);
  assertEquals([spans, status.code], [SPANS * 2, 0]);
});

Deno.test({
  name: "SIGTERM: what was recorded is sent, then the process ends by the signal (needs signals)",
  ignore: Deno.build.os === "windows",
  async fn() {
    // Another telemetry of the program, which has nothing to send, ends before the first.
    const waits = 'createTelemetry({ service: "idle", runtime: deno() });' +
      "setInterval(() => {}, 1000);";
    const { spans, status } = await recordedBy(waits, { signal: "SIGTERM" });
    assertEquals([spans, status.signal], [SPANS, "SIGTERM"]);
    // Without --allow-run it may not signal itself, and ends by the code that a shell would see.
    const flags = ["--allow-net", "--allow-import"];
    const bare = await recordedBy(waits, { signal: "SIGTERM", flags });
    assertEquals([bare.spans, bare.status.code], [SPANS, 143]);
    assert(!bare.status.success);
  },
});
