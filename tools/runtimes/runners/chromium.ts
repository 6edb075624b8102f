import { chromium, type Page } from "playwright-core";
import { ROOT } from "../../build/entries.ts";
import type { CaseResult } from "../cases.ts";
import type { LossState } from "../loss.ts";
import type { RuntimeSink } from "../sink.ts";
import { MissingRuntime, moduleOf, type Runner } from "./runner.ts";

/** Where Debian's package and others put it. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** Fetch standard, 4.6: what may outlive a page holds so much together. */
const KEEPALIVE_BYTES = 64 * 1024;
/** Spans that are recorded in the moment in which the page is left: about 40 kB. */
const LAST_SPANS = 250;

const SUITE =
  `import { browser, keepaliveFetch, pageLimits } from "${ROOT}/dist/runtime/browser.js";
  const host = { ...modules, runtime: browser(), fetch: keepaliveFetch, limits: pageLimits };
  host.early = recordEarly(host);
  globalThis.runSuite = async (requests) =>
    ({ cases: await runCases(host), state: await loseNothing(host, requests) });
  globalThis.leave = (count) => {
    const { startSpan } = sextant.createTelemetry({ service: "loss", onLoss: false,
      runtime: browser(), sinks: [sextant.otlp({ endpoint: host.sink, signals: ["traces"],
      fetch: keepaliveFetch, limits: pageLimits })] });
    for (let index = 0; index < count; index++) startSpan("last words", { index, page: "/a" }).end();
    location.href = "about:blank";
  };`;

function pathOfChromium(): string | undefined {
  return Deno.env.get("CHROMIUM") ?? PLACES.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** A page, which is left at the end. */
export const inChromium: Runner = async (task) => {
  const { sink, requests } = task;
  const executablePath = pathOfChromium();
  if (executablePath === undefined) throw new MissingRuntime("apt-get install -y chromium");
  const path = await moduleOf(task, "chromium", SUITE, "location.origin");
  sink.files.set("/page", { body: "<!doctype html><title>page</title>", type: "text/html" });
  sink.files.set("/suite.js", { body: await Deno.readTextFile(path), type: "text/javascript" });
  const launched = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await launched.newPage();
    await page.goto(`${sink.url}/page`);
    const { cases, state } = await page.evaluate(
      `import("/suite.js").then(() => runSuite(${requests}))`,
    ) as { cases: CaseResult[]; state: LossState };
    const hiding = await leave(page, sink, state);
    return {
      cases: [...cases, hiding],
      state: { ...state, made: state.made + LAST_SPANS },
      ending: `the page was left, with ${LAST_SPANS} spans more than before`,
    };
  } finally {
    await launched.close();
  }
};

/** What is recorded when the page is left arrives, in requests that may outlive it. */
async function leave(page: Page, sink: RuntimeSink, { made }: LossState): Promise<CaseResult> {
  const name = "pagehide, by keepalive";
  await Promise.all([page.waitForURL("about:blank"), page.evaluate(`leave(${LAST_SPANS})`)]);
  const deadlineMs = performance.now() + 5000;
  while (sink.spans() < made + LAST_SPANS && performance.now() < deadlineMs) {
    await new Promise((done) => setTimeout(done, 20));
  }
  const reason = `${sink.spans()} of ${made + LAST_SPANS} spans arrived, in requests of ` +
    `${sink.largestBytes()} bytes at most`;
  const isGood = sink.spans() === made + LAST_SPANS && sink.largestBytes() <= KEEPALIVE_BYTES;
  return { name, outcome: isGood ? "ok" : "failed", ...(isGood ? {} : { reason }) };
}
