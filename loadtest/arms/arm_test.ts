import { assertEquals, assertRejects } from "@std/assert";
import { ArmsFileError, readArms } from "./arm.ts";
import { SPIN_US } from "../model/model.ts";
import { ARMS } from "./arms.ts";
import { startArm } from "./start.ts";

/** Writes files into a folder of their own and calls `work` there. */
async function within(
  files: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const SINK = "http://127.0.0.1:9";

Deno.test("arms of one's own: modules and commands, with the A/A and a known cost added", async () => {
  const files = {
    "arms.json": JSON.stringify({
      path: "/hello",
      arms: [
        { name: "plain", module: "./plain.ts", description: "nothing" },
        { name: "env", module: "./plain.ts", env: { GREETING: "from env" } },
        { name: "other", command: ["deno", "run", "-A", "--quiet", "other.ts"], flush: "/flush" },
      ],
    }),
    "plain.ts": `export default { fetch: (request) =>
      new Response(\`\${new URL(request.url).pathname} \${Deno.env.get("GREETING")} \` +
        Deno.env.get("OTEL_EXPORTER_OTLP_ENDPOINT")) };
      let flushed = 0;
      export const flush = async () => { flushed++; };
      export const dropped = () => flushed;`,
    "other.ts": `Deno.serve({ port: Number(Deno.env.get("PORT")), onListen() {} },
      (request) => {
        if (request.url.endsWith("/flush")) flushed++;
        return new Response(\`a command, flushed \${flushed}\`);
      });
      let flushed = 0;`,
  };
  await within(files, async (folder) => {
    const { arms, path } = await readArms(`${folder}/arms.json`);
    assertEquals(path, "/hello");
    assertEquals(arms.map(({ name, spinUs }) => [name, spinUs]), [
      ["plain", undefined],
      ["plain again", undefined],
      ["spin", SPIN_US],
      ["env", undefined],
      ["other", undefined],
    ]);
    const texts: string[] = [];
    for (const name of ["spin", "env", "other"]) {
      const process = await startArm(arms.find((one) => one.name === name)!, SINK, undefined);
      try {
        if (name === "other") await process.settle();
        texts.push(await (await fetch(`${process.origin}/hello`)).text());
        const { rssBytes, cpuUs, dropped } = await process.settle();
        assertEquals([rssBytes > 1e6, cpuUs > 0], [true, true], name);
        // The module's own flush was called, and what it says is lost is passed on.
        assertEquals(dropped, name === "other" ? {} : { unnamed: 1 });
      } finally {
        await process.stop();
      }
    }
    assertEquals(texts, [
      `/hello undefined ${SINK}`,
      `/hello from env ${SINK}`,
      "a command, flushed 1",
    ]);
  });
});

Deno.test("a file of arms that is wrong is named, with the place and what is allowed", async () => {
  const cases: [text: string, message: string][] = [
    ["{", "in JSON at position"],
    ['{"arms":[]}', "arms: "],
    ['{"arms":[{"name":"a"}]}', 'arms.0: Invalid input; an arm is { "name", "module" } or'],
    ['{"arms":[{"name":"a","module":"x"},{"name":"a","module":"y"}]}', '"a" is there twice'],
    [
      '{"arms":[{"name":"a","module":"x"},{"name":"spin","module":"y"}]}',
      '"spin" is there twice (the load test adds one of that name)',
    ],
  ];
  for (const [text, message] of cases) {
    await within({ "arms.json": text }, async (folder) => {
      await assertRejects(() => readArms(`${folder}/arms.json`), ArmsFileError, message);
    });
  }
  await assertRejects(() => readArms("/nowhere.json"), ArmsFileError, "/nowhere.json: ");
});

Deno.test("a target that does not start is named", async () => {
  await within({ "none.ts": "export const x = 1;" }, async (folder) => {
    const arm = { name: "x", description: "" };
    const common = { cwd: folder, env: {} };
    await assertRejects(
      () =>
        startArm(
          { ...arm, target: { kind: "command", command: ["deno", "eval", "0"], ...common } },
          SINK,
          undefined,
        ),
      Error,
      "deno eval 0 ended with code 0 before it listened",
    );
    await assertRejects(
      () =>
        startArm(
          { ...arm, target: { kind: "command", command: ["no-such-program"], ...common } },
          SINK,
          undefined,
        ),
      Error,
      "no-such-program can't be started",
    );
    const url = new URL(`file://${folder}/none.ts`).href;
    await assertRejects(
      () => startArm({ ...arm, target: { kind: "module", url, env: {} } }, SINK, undefined),
      Error,
      "ended before it was ready",
    );
  });
});

Deno.test("built-in arms are put around a module: a span of the handler, lines by its own logger", async () => {
  const files = {
    "target.ts": `export const service = ({ log }) => () => {
        log.info("asked");
        return new Response("mine");
      };`,
  };
  await within(files, async (folder) => {
    const counts: string[] = [];
    const sink = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      counts.push(new URL(request.url).pathname);
      return new Response(null, { headers: { "content-type": "application/x-protobuf" } });
    });
    const arm = ARMS.find(({ name }) => name === "logs+traces")!;
    const url = `http://127.0.0.1:${sink.addr.port}`;
    const process = await startArm(arm, url, undefined, `${folder}/target.ts`);
    try {
      assertEquals(await (await fetch(`${process.origin}/`)).text(), "mine");
      const { delivered, userUs, systemUs, loopDelaysUs } = await process.settle();
      assertEquals([delivered, userUs! > 0, systemUs! > 0], [2, true, true]);
      assertEquals(counts.toSorted(), ["/v1/logs", "/v1/traces"]);
      assertEquals(loopDelaysUs.every((us) => us >= 0), true);
    } finally {
      await process.stop();
      await sink.shutdown();
    }
  });
});
