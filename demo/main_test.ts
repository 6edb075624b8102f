import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { createTelemetry, otlp } from "../mod.ts";

const MAIN = fromFileUrl(new URL("./main.ts", import.meta.url));

async function demo(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, ...args],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("the demo runs, and what it recorded can be asked for", async () => {
  const data = await Deno.makeTempDir();
  try {
    const run = await demo("--duration", "4", "--rate", "25", "--seed", "3", "--data", data);
    assertEquals([run.code, run.err], [0, ""]);
    assertMatch(run.out, /requests sent/);
    assertMatch(run.out, /shipping +process orders\.placed/);
    const json = async (...args: string[]) =>
      JSON.parse((await demo(...args, "--data", data, "--json")).out);
    const line = (await json("logs", "declined")).find(({ body }: { body: string }) =>
      body === "card declined"
    );
    assertEquals(line.service, "payments");
    const trace = await json("trace", line.traceId);
    assert(trace.spans.some((span: { service: string }) => span.service === "gateway"));
    const ofTransaction = await json("logs", "--transaction", line.transactionId);
    assert(ofTransaction.length > 1);
    assert((await json("traces", "--error")).length > 0);
    const edges = (await json("graph")).map((edge: { from: string; to: string; kind: string }) =>
      `${edge.from} ${edge.kind} ${edge.to}`
    );
    assert(edges.includes("orders message shipping") && edges.includes("gateway call orders"));
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("Ctrl-C ends the demo with code 0 and nothing lost on the way", async () => {
  const data = await Deno.makeTempDir();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, "--rate", "20", "--data", data],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  try {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    child.kill("SIGINT");
    const { code, stdout } = await child.output();
    assertEquals(code, 0);
    assertMatch(new TextDecoder().decode(stdout), /requests sent[\s\S]*gateway/);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("a wrong command line is named, with what is allowed, and ends with code 2", async () => {
  const cases: [args: string[], message: RegExp][] = [
    [["sing"], /Unknown command sing; allowed are traces, trace, logs, graph, summary/],
    [["--speed", "3"], /Unknown flag --speed; allowed are --rate/],
    [["--rate", "fast"], /--rate is "fast"/],
    [["--faults", "all"], /--faults is "all"/],
    [["trace", "xyz"], /Nothing is recorded in|trace needs an id/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await demo(...args, "--data", "no/such/folder");
    assertEquals(code, 2, args.join(" "));
    assertMatch(err, message);
  }
  const help = await demo("--help");
  assertEquals(help.code, 0);
  assertMatch(help.out, /deno task demo traces/);
});

/** A console that runs until the work is done. */
async function withConsole(
  args: readonly string[],
  work: (address: string, said: string) => Promise<void>,
): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, "console", "--port", "0", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let text = "";
    while (!/collector (\S+) /.test(text)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the console ended: ${text}`);
      text += value;
    }
    await work(/collector (\S+) /.exec(text)![1], text);
  } finally {
    child.kill("SIGTERM");
    while (!(await reader.read()).done);
    assertEquals((await child.status).code, 0);
  }
}

Deno.test("the console keeps a file over a restart, and commands ask it by its API", async () => {
  const folder = await Deno.makeTempDir();
  const args = [
    "--file",
    `${folder}/kept.sqlite`,
    "--host",
    "0.0.0.0",
    "--token",
    "0123456789abcdef",
  ];
  try {
    await withConsole(args, async (address, said) => {
      assertMatch(said, /console {3}http:\S+\/\?token=0123456789abcdef\n/);
      const telemetry = createTelemetry({
        service: "anything",
        sinks: [otlp({ endpoint: address, headers: { authorization: "Bearer 0123456789abcdef" } })],
      });
      telemetry.span("GET /kept", (span) => span.log.warn("kept as well"));
      await telemetry.shutdown();
      assertEquals((await fetch(`${address}/api/traces`)).status, 401);
    });
    await withConsole(args, async (address) => {
      const ask = (...words: string[]) =>
        demo(...words, "--url", address, "--token", "0123456789abcdef");
      assertMatch((await ask("traces")).out, /anything GET \/kept/);
      const [line] = JSON.parse((await ask("logs", "kept", "--json")).out);
      assertEquals(line.body, "kept as well");
      assertMatch((await ask("trace", line.traceId)).out, /GET \/kept[\s\S]*warn +kept as well/);
      const wrong = await demo("traces", "--url", address, "--token", "wrong");
      assertEquals([wrong.code, /A token is needed/.test(wrong.err)], [2, true]);
      const status = await ask("traces", "--status", "7xx");
      assertEquals([status.code, /4xx or 404/.test(status.err)], [2, true]);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
