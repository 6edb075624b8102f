/** `deno task screenshots`: each view of the console on the demo's traffic, at two widths, in both themes. */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, join, resolve } from "@std/path";
import { type Browser, chromium } from "playwright-core";
import { CHROMIUM, findChromium } from "./chromium.ts";

const HELP = `Pictures of the console's views, made of a demo that runs meanwhile.

  deno task screenshots
      --all FOLDER     every view at 1280 and 390 pixels, light and dark, into FOLDER;
                       else the few of the README, into demo/console/screenshots
      --seconds N      traffic before the first picture (40)`;

/** The README's: view, width, theme. */
const BEST = [
  ["trace", 1280, "light"],
  ["services", 1280, "dark"],
  ["latency", 1280, "light"],
  ["play", 1280, "dark"],
  ["logs", 390, "dark"],
] as const;
const HEIGHT = 760;
/** What a picture of the README may weigh. */
const BYTES_MAX = 150_000;

/** The addresses of the views, some of them of what the demo has made. */
async function viewsOf(address: string): Promise<Record<string, string>> {
  const ask = async (path: string) => await (await fetch(`${address}/api/${path}`)).json();
  const [declined] = await ask("logs?q=declined&service=payments&limit=1");
  const sent = await ask("logs?q=parcel&limit=30");
  const slow = await ask("traces?route=/checkout&slowerThan=20&limit=1");
  const heat = await ask("heatmap?minutes=60");
  const mark = new URLSearchParams({
    from: String(heat.fromMs),
    to: String(heat.untilMs),
    since: String(heat.fromMs + (heat.untilMs - heat.fromMs) / heat.columns * 30),
    until: String(heat.fromMs + (heat.untilMs - heat.fromMs) / heat.columns * 70),
    slowerThan: String(heat.p95Ms),
    fasterThan: String(heat.lowMs * 10 ** (heat.rows / heat.rowsPerDecade)),
  });
  // A parcel's trace: the order before it, over the queue, with its log lines.
  return {
    traces: "traces",
    trace: `trace/${declined.traceId}?span=${declined.spanId}`,
    queue: `trace/${sent[0].traceId}`,
    logs: "logs?q=declined",
    services: "services",
    latency: `latency?${mark}`,
    metrics: "metrics?name=http.server.request.duration",
    live: "live",
    compare: `compare?a=${declined.traceId}&b=${slow[0]?.traceId ?? sent[0].traceId}`,
    health: "health",
    play: "play",
    results: "results",
  };
}

interface Shot {
  readonly view: string;
  readonly width: number;
  readonly theme: "light" | "dark";
  readonly path: string;
}

async function shoot(browser: Browser, address: string, path: string, shot: Shot): Promise<void> {
  const page = await browser.newPage({
    viewport: { width: shot.width, height: shot.width < 600 ? 844 : HEIGHT },
    colorScheme: shot.theme,
  });
  await page.goto(`${address}/#/${path}`);
  await page.waitForSelector("h1");
  if (shot.view === "play") {
    // With something changed: what it costs before and after.
    await page.waitForTimeout(12_000);
    await page.getByLabel("10 %", { exact: true }).check();
    await page.waitForTimeout(12_000);
  } else await page.waitForTimeout(shot.view === "live" ? 5000 : 1200);
  await page.screenshot({ path: shot.path });
  if (shot.view === "play") await page.getByLabel("100 %", { exact: true }).check();
  await page.close();
}

/** Runs the demo until the work is done. */
async function withDemo(work: (address: string) => Promise<void>): Promise<void> {
  const data = await Deno.makeTempDir();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      fromFileUrl(new URL("../main.ts", import.meta.url)),
      "--quiet",
      "--rate",
      "20",
      "--data",
      data,
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let text = "";
    while (!/console {3}(\S+)\n/.test(text)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`the demo ended: ${text}`);
      text += value;
    }
    await work(/console {3}(\S+)\n/.exec(text)![1]);
  } finally {
    child.kill("SIGTERM");
    while (!(await reader.read()).done);
    await child.status;
    await Deno.remove(data, { recursive: true });
  }
}

function shotsOf(folder: string, views: readonly string[], isAll: boolean): Shot[] {
  const name = (view: string, width: number, theme: string) =>
    join(folder, isAll ? `${view}-${width}-${theme}.png` : `${view}.png`);
  if (!isAll) {
    return BEST.map(([view, width, theme]) => ({
      view,
      width,
      theme,
      path: name(view, width, theme),
    }));
  }
  return views.flatMap((view) =>
    [1280, 390].flatMap((width) =>
      (["light", "dark"] as const).map((theme) => ({
        view,
        width,
        theme,
        path: name(view, width, theme),
      }))
    )
  );
}

async function main(): Promise<number> {
  const flags = parseArgs(Deno.args, { string: ["all", "seconds"], boolean: ["help"] });
  if (flags.help) {
    console.log(HELP);
    return 0;
  }
  const executablePath = await findChromium();
  if (executablePath === undefined) {
    console.error(`Pictures need Chromium at one of ${CHROMIUM.join(", ")}`);
    return 1;
  }
  const folder = flags.all === undefined
    ? fromFileUrl(new URL("./screenshots", import.meta.url))
    : resolve(flags.all);
  await Deno.mkdir(folder, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox"] });
  let tooLarge = 0;
  try {
    await withDemo(async (address) => {
      await new Promise((done) => setTimeout(done, Number(flags.seconds ?? 40) * 1000));
      const views = await viewsOf(address);
      for (const shot of shotsOf(folder, Object.keys(views), flags.all !== undefined)) {
        await shoot(browser, address, views[shot.view], shot);
        const { size } = await Deno.stat(shot.path);
        console.log(`${shot.path}  ${(size / 1000).toFixed(0)} kB`);
        if (flags.all === undefined && size > BYTES_MAX) tooLarge++;
      }
    });
  } finally {
    await browser.close();
  }
  if (tooLarge > 0) console.error(`${tooLarge} are larger than ${BYTES_MAX / 1000} kB`);
  return tooLarge > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
