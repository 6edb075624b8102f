import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { CHROMIUM, findChromium } from "./chromium.ts";

const path = await findChromium();
if (path === undefined) {
  console.warn(`skipped: the console in a browser needs Chromium at one of ${CHROMIUM.join(", ")}`);
}

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Runs the demo with its console until the work is done. */
async function withDemo(work: (address: string) => Promise<void>): Promise<void> {
  const data = await Deno.makeTempDir();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "demo/main.ts", "--rate", "30", "--quiet", "--data", data],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  const reader = lines.getReader();
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

async function withPage(browser: Browser, work: (page: Page) => Promise<void>): Promise<string[]> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("dialog", (dialog) => {
    problems.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  try {
    await work(page);
  } finally {
    await page.close();
  }
  return problems;
}

/** Goes there from an empty page, so that nothing of the view before is taken for this one's. */
async function visit(page: Page, url: string): Promise<void> {
  await page.goto("about:blank");
  await page.goto(url);
}

/** Waits until something holds; fails with its last value. */
async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const endMs = Date.now() + 30_000;
  let value = await read();
  while (!holds(value)) {
    if (Date.now() > endMs) throw new Error(`waited in vain; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
    value = await read();
  }
  return value;
}

const VIEWS = [
  "traces",
  "logs",
  "services",
  "latency",
  "metrics",
  "live",
  "compare",
  "health",
  "play",
  "results",
];

async function assertAccessible(page: Page, where: string): Promise<void> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const result = await axe.run();
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
  });
  assertEquals(violations, [], where);
}

async function lookAtEveryView(page: Page, address: string): Promise<void> {
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(address)) foreign.push(request.url());
  });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      for (const view of VIEWS) {
        await page.goto(`${address}/#/${view}`);
        await page.waitForSelector("h1");
        await page.waitForTimeout(400);
        const wide = await page.evaluate("document.documentElement.scrollWidth");
        assertEquals(wide, width, `${view} is wider than ${width} pixels`);
        // Each theme and each width once: their rules do not depend on each other.
        if ((width === 1280) === (colorScheme === "light")) await assertAccessible(page, view);
      }
    }
  }
  assertEquals(foreign, []);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** From a search for "declined" to the trace of that payment, by the keyboard, and back. */
async function fromLineToTrace(page: Page, address: string): Promise<void> {
  await visit(page, `${address}/#/logs`);
  await page.waitForSelector("tbody tr td.level");
  await page.keyboard.press("/");
  await page.keyboard.type("declined");
  await page.waitForURL((url) => url.hash.includes("q=declined"));
  const line = page.locator("tbody tr", { hasText: /payments.*card declined/ }).first();
  await line.getByRole("button").click();
  await page.getByRole("link", { name: "its span in the trace" }).focus();
  await page.keyboard.press("Enter");
  // The span that wrote the line is the selected one.
  await page.waitForSelector(".row.selected", { state: "attached" });
  assertStringIncludes(await page.locator(".row.selected").textContent() ?? "", "payments");
  assertStringIncludes(await page.locator(".details").textContent() ?? "", "card declined");
  assert(await page.locator(".row.failed").count() > 0);
  assert(await page.locator(".row.log", { hasText: "card declined" }).count() > 0);
  await page.getByRole("link", { name: "its log lines" }).click();
  await page.waitForSelector("tbody tr");
  assert(await page.locator("tbody tr", { hasText: "card declined" }).count() > 0);
  await page.getByRole("link", { name: /^[0-9a-f]{8}$/ }).first().click();
  await page.waitForSelector(".row.selected");
}

/** Rows, folds, errors, zoom and search, without a mouse. */
async function traceByKeyboard(page: Page): Promise<void> {
  const selected = () => page.locator(".row.selected").getAttribute("id");
  const tree = page.getByRole("tree");
  await tree.focus();
  await page.keyboard.press("Home");
  await until(selected, (id) => id === "row-0");
  const rows = await page.locator(".row").count();
  await page.keyboard.press("ArrowLeft");
  await until(() => page.locator(".row").count(), (count) => count === 1);
  await page.keyboard.press("ArrowRight");
  await until(() => page.locator(".row").count(), (count) => count === rows);
  await page.keyboard.press("e");
  await until(
    () => page.locator(".row.selected").getAttribute("class"),
    (names) => names?.includes("failed") === true,
  );
  await page.waitForURL((url) => url.hash.includes("span="));
  await page.keyboard.press("+");
  await page.waitForSelector(".minimap .shade");
  await page.keyboard.press("0");
  await until(() => page.locator(".minimap .shade").count(), (count) => count === 0);
  await page.keyboard.press("/");
  await page.keyboard.type("authorise");
  await page.keyboard.press("Enter");
  await until(
    () => page.locator(".row.selected").textContent(),
    (text) => text?.includes("authorise") === true,
  );
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  // The reader leaves, and the view that is still drawn selects one more row.
  const before = await selected();
  await page.getByRole("tree").focus();
  await page.evaluate(() => history.pushState(null, "", "#/logs?q=parcel"));
  await page.keyboard.press("ArrowUp");
  await until(selected, (id) => id !== before);
  await page.waitForTimeout(200);
  assertEquals(new URL(page.url()).hash, "#/logs?q=parcel");
  await page.evaluate(() => dispatchEvent(new HashChangeEvent("hashchange")));
  await page.getByRole("heading", { name: "Logs", level: 1 }).waitFor();
}

async function overTheQueue(page: Page, address: string): Promise<void> {
  await visit(page, `${address}/#/logs?q=parcel`);
  await page.locator("tbody tr").first().getByRole("link").click();
  await page.waitForSelector(".row .linked");
  const services = await page.locator(".legend li").allTextContents();
  for (const service of ["gateway", "orders", "shipping"]) {
    assert(services.some((text) => text.includes(service)), `${service} in ${services}`);
  }
  // The consumer stands below its producer, after the time it waited.
  const hop = page.locator(".row", { has: page.locator(".linked") }).first();
  assertStringIncludes(await hop.textContent() ?? "", "process orders.placed");
  assertEquals(await hop.locator(".wait").count(), 1);
  await hop.click();
  assertStringIncludes(await page.locator(".details").textContent() ?? "", "waited before");
}

/** Marks the slow cluster with the mouse; all that is listed then is as slow as the mark says. */
async function brush(page: Page, address: string): Promise<void> {
  await visit(page, `${address}/#/latency`);
  const picture = page.locator(".heatmap .picture > svg");
  await picture.waitFor();
  const box = (await picture.boundingBox())!;
  // Within the rounded corners.
  await page.mouse.move(box.x + 12, box.y + 3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 12, box.y + box.height / 4, { steps: 4 });
  await page.mouse.up();
  await page.getByRole("heading", { level: 2 }).waitFor();
  await page.waitForSelector("tbody tr");
  const query = new URLSearchParams(new URL(page.url()).hash.split("?")[1]);
  const least = Number(query.get("slowerThan"));
  assert(least > 10, `marked from ${least} ms`);
  query.delete("from");
  query.delete("to");
  // Up to the present: what comes late for it is there when the page is asked again.
  const marked = page.url();
  const [, traces] = await until(async () => {
    await visit(page, marked);
    await page.waitForSelector("tbody tr");
    const answer = await fetch(`${address}/api/traces?${query}&limit=200`);
    return [await page.locator("tbody tr").count(), await answer.json()] as const;
  }, ([shown, all]) => shown === all.length);
  for (const { durationMs } of traces) assert(durationMs >= least, `${durationMs} of ${least} ms`);
  await page.getByRole("link", { name: "clear the mark" }).click();
  await page.getByRole("button", { name: "mark the slowest twentieth" }).click();
  await page.waitForSelector("tbody tr");
  // The same without a mouse.
  await page.getByRole("link", { name: "clear the mark" }).click();
  await picture.focus();
  await page.keyboard.press("ArrowLeft");
  for (let step = 0; step < 8; step++) await page.keyboard.press("Shift+ArrowLeft");
  for (let step = 0; step < 40; step++) await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForSelector("tbody tr");
}

/** A time is marked in the strip, kept in the address, and undone. */
async function filters(page: Page, address: string): Promise<void> {
  await visit(page, `${address}/#/traces`);
  const route = page.getByLabel("Route");
  await route.fill("/checkout");
  // What is half written stays while answers come.
  for (let answers = 0; answers < 2; answers++) {
    await page.waitForResponse((response) => response.url().includes("/api/traces?"));
  }
  await page.waitForTimeout(100);
  assertEquals(await route.inputValue(), "/checkout");
  await page.keyboard.press("Tab");
  await page.getByLabel("Status").selectOption("4xx");
  await page.waitForURL((url) => url.hash.includes("status=4xx"));
  await until(
    () => page.locator("tbody tr td:nth-child(4)").allTextContents(),
    (all) => all.length > 0 && all.every((text) => /^4\d\d$/.test(text)),
  );
  const strip = (await page.locator(".strip svg").boundingBox())!;
  await page.mouse.move(strip.x + strip.width / 2, strip.y + 20);
  await page.mouse.down();
  await page.mouse.move(strip.x + strip.width - 2, strip.y + 20, { steps: 3 });
  await page.mouse.up();
  await page.waitForURL((url) => url.hash.includes("since="));
  // Shared, the address shows the same.
  const url = page.url();
  await visit(page, url);
  await until(() => page.getByLabel("Route").inputValue(), (text) => text === "/checkout");
  await page.getByRole("button", { name: "marked time" }).click();
  await page.getByRole("link", { name: "clear filters" }).click();
  await page.waitForURL((url) => !url.hash.includes("status"));
}

async function metricToTrace(page: Page, address: string): Promise<void> {
  await visit(page, `${address}/#/metrics?name=http.server.request.duration`);
  await page.waitForSelector(".chart polyline");
  await page.locator(".chart a").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".row.selected");
}

async function compareTwo(page: Page, address: string): Promise<void> {
  await visit(page, `${address}/#/traces?route=/checkout`);
  await page.locator("tbody tr .pick input").nth(0).check();
  await page.locator("tbody tr .pick input").nth(1).check();
  await page.getByRole("link", { name: "Compare the two traces" }).click();
  await page.waitForSelector(".compare tbody tr");
  assertEquals(await page.locator(".sides .tile").count(), 2);
}

async function pauseLive(page: Page, address: string): Promise<void> {
  await visit(page, `${address}/#/live`);
  await page.waitForSelector("tbody tr");
  await page.getByRole("button", { name: "Pause" }).click();
  const first = await page.locator("tbody tr").first().textContent();
  const resume = page.getByRole("button", { name: /Resume \([1-9]/ });
  await resume.waitFor();
  assertEquals(await page.locator("tbody tr").first().textContent(), first);
  await resume.click();
  await until(
    () => page.locator("tbody tr").first().textContent(),
    (text) => text !== first,
  );
  assertStringIncludes(await page.getByRole("status").first().textContent() ?? "", "left out");
}

async function services(page: Page, address: string): Promise<void> {
  await visit(page, `${address}/#/services`);
  await page.waitForSelector(".graph .edge");
  const edges = await page.locator(".graph .edge title").allTextContents();
  assert(edges.some((text) => /orders to shipping by message.*p95/.test(text)), edges.join("\n"));
  // No label lies over another, and none over a service.
  const boxes = await page.locator(".graph .label, .graph .node").evaluateAll((all) =>
    all.map((one) => {
      const { left, right, top, bottom } = one.getBoundingClientRect();
      return { left, right, top, bottom };
    })
  );
  boxes.forEach((a, index) =>
    boxes.slice(index + 1).forEach((b) =>
      assert(
        a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 ||
          b.bottom <= a.top + 1,
        "two boxes of the graph overlap",
      )
    )
  );
  await page.locator(".graph a").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.hash.startsWith("#/traces?service="));
}

async function health(page: Page, address: string): Promise<void> {
  await visit(page, `${address}/#/health`);
  await page.getByText("the books balance", { exact: false }).first().waitFor();
  assertEquals(await page.getByText("does not balance").count(), 0);
}

async function lessSampling(page: Page, address: string): Promise<void> {
  await visit(page, `${address}/#/play`);
  const spans = async () =>
    Number.parseFloat(
      await page.locator(".tile", { hasText: "Spans sent" }).locator("output").textContent() ?? "",
    );
  const before = await until(spans, (rate) => rate > 50);
  await page.getByLabel("1 %", { exact: true }).check();
  await until(spans, (rate) => rate < before / 4);
  assertStringIncludes(
    await page.locator(".tile", { hasText: "Spans sent" }).textContent() ?? "",
    "before: ",
  );
  const requests = await page.locator(".tile", { hasText: "Requests" }).locator("output")
    .textContent();
  assert(Number.parseFloat(requests ?? "") > 15, `the shop is asked as before: ${requests}`);
  const directives = page.getByLabel("Log level directives");
  await directives.fill("warn,payments=nonsense");
  await directives.press("Enter");
  assertStringIncludes(await page.getByRole("alert").textContent() ?? "", "expected");
  await directives.fill("warn,payments=debug");
  await directives.press("Enter");
  await until(
    async () => (await (await fetch(`${address}/api/play`)).json()).level,
    (level) => level === "warn,payments=debug",
  );
}

/** Script, an image that would run one, what turns text round, a terminal's colour, a null. */
const EVIL = `<script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u001b[31m\u0000"'\`;`;
const MEGABYTE = "x".repeat(1_000_000);

async function send(address: string, signal: string, body: unknown): Promise<void> {
  const response = await fetch(`${address}/v1/${signal}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assertEquals(response.status, 200, await response.text());
}

const string = (stringValue: string) => ({ stringValue });
const evilResource = { attributes: [{ key: "service.name", value: string(EVIL) }] };

/** A trace of hostile names, one of ten thousand spans, hostile lines and metrics. */
async function sendHostile(address: string): Promise<string[]> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const span = (traceId: string, index: number, name: string) => ({
    traceId,
    spanId: (index + 1).toString(16).padStart(16, "0"),
    parentSpanId: index === 0 ? "" : "1".padStart(16, "0"),
    name,
    kind: 2,
    startTimeUnixNano: String(now + BigInt(index)),
    endTimeUnixNano: String(now + 1_000_000n),
    status: { code: 2, message: EVIL },
    attributes: [
      { key: EVIL, value: string(EVIL) },
      { key: "long", value: string(index === 0 ? MEGABYTE : "x") },
      { key: "__proto__", value: string("x") },
    ],
    events: index === 0 ? [{ name: EVIL, timeUnixNano: String(now) }] : [],
  });
  const ids = ["e".repeat(32), "f".repeat(32)];
  const spans = [
    span(ids[0], 0, EVIL),
    ...Array.from({ length: 10_000 }, (_, index) => span(ids[1], index, `span ${index}`)),
  ];
  await send(address, "traces", {
    resourceSpans: [{ resource: evilResource, scopeSpans: [{ scope: { name: EVIL }, spans }] }],
  });
  const line = (body: string) => ({
    timeUnixNano: String(now),
    severityNumber: 17,
    body: string(body),
    attributes: [{ key: EVIL, value: string(EVIL) }, { key: "__proto__", value: string(EVIL) }],
    traceId: ids[0],
    spanId: "1".padStart(16, "0"),
  });
  await send(address, "logs", {
    resourceLogs: [{
      resource: evilResource,
      scopeLogs: [{ logRecords: [line(`hostile ${EVIL}`), line(`hostile ${MEGABYTE}`)] }],
    }],
  });
  const points = [{
    timeUnixNano: String(now),
    asDouble: 1,
    attributes: [{ key: EVIL, value: string(EVIL) }],
  }];
  await send(address, "metrics", {
    resourceMetrics: [{
      resource: evilResource,
      scopeMetrics: [{
        metrics: [{ name: `hostile ${EVIL}`, unit: EVIL, gauge: { dataPoints: points } }],
      }],
    }],
  });
  return ids;
}

async function hostileIsText(page: Page, address: string): Promise<void> {
  const [hostile, large] = await sendHostile(address);
  const metric = encodeURIComponent(`hostile ${EVIL}`);
  const views = [
    `trace/${hostile}`,
    "traces",
    "logs?q=hostile",
    "services",
    "latency",
    `metrics?name=${metric}`,
    `compare?a=${hostile}&b=${large}`,
    "live",
  ];
  for (const view of views) {
    await visit(page, `${address}/#/${view}`);
    const shown = async () => await page.locator("main").textContent() ?? "";
    if (view.startsWith("logs")) {
      const buttons = page.locator("tbody tr button");
      await until(() => buttons.count(), (count) => count === 2);
      await buttons.first().click();
    }
    if (view.startsWith("compare")) {
      await page.waitForSelector(".compare tbody tr");
      assertEquals(await page.locator(".compare tbody tr").count(), 200, "of 10,001");
      await page.getByRole("button", { name: "Show 200 more of 9,801" }).click();
      await until(() => page.locator(".compare tbody tr").count(), (count) => count === 400);
    }
    const text = view === "live"
      ? await page.waitForTimeout(1500).then(shown)
      // The name as it is.
      : await until(shown, (text) => text.includes("<script>alert(1)"));
    assertEquals(await page.locator("img, main script, body > script:not([src])").count(), 0, view);
    for (const control of ["\u202e", "\u001b", "\u0000"]) {
      assert(!text.includes(control), `${view} shows what turns text round`);
    }
    assert(text.length < 250_000, `${view} shows ${text.length} characters`);
  }
  await visit(page, `${address}/#/trace/${large}`);
  await page.waitForSelector(".row");
  const rows = await page.locator(".row").count();
  assert(rows < 100, `${rows} rows are drawn of 10,000`);
  await page.getByRole("tree").evaluate((box) => box.scrollTop = 200_000);
  await page.locator("#row-7700").waitFor({ state: "attached" });
  // To the last by a key, and it is drawn.
  await page.getByRole("tree").focus();
  await page.keyboard.press("End");
  await page.locator("#row-9999.selected").waitFor({ state: "attached" });
}

/** Until the demo has made what the steps look for. */
async function untilThere(address: string): Promise<void> {
  for (const path of ["logs?q=declined", "logs?q=parcel", "traces?slowerThan=50"]) {
    await until(
      async () => (await (await fetch(`${address}/api/${path}`)).json()).length,
      (count) => count > 0,
    );
  }
}

const STEPS: readonly (readonly [name: string, step: typeof brush])[] = [
  [
    "each view at two widths and in both themes fits, is accessible, asks nobody else",
    lookAtEveryView,
  ],
  ["from the search for a declined payment to its span, and back", fromLineToTrace],
  ["a trace by the keyboard alone", traceByKeyboard],
  ["over the queue", overTheQueue],
  ["the slow cluster is marked in the heatmap", brush],
  ["filters and a marked time live in the address", filters],
  ["from a metric's exemplar to its trace", metricToTrace],
  ["two traces are compared", compareTwo],
  ["the live tail is paused", pauseLive],
  ["the service graph can be read", services],
  ["the books balance", health],
  ["what is hostile is text, and ten thousand spans are drawn as fifty", hostileIsText],
  ["another sampler: the rate drops", lessSampling],
];

Deno.test({
  name: "the console in a browser, on the demo's traffic",
  ignore: path === undefined,
  // The browser's driver keeps a process and its pipes of its own until it is closed.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const browser = await chromium.launch({ executablePath: path, args: FLAGS });
    try {
      await withDemo(async (address) => {
        const problems = await withPage(browser, async (page) => {
          await page.goto(address);
          await untilThere(address);
          for (const [name, step] of STEPS) {
            if (!await t.step(name, () => step(page, address))) {
              await page.screenshot({ path: ".cache/console_failed.png" }).catch(() => {});
            }
          }
        });
        // The browser's own remark about the directives that were refused.
        const refused = problems.filter((text) => text.includes("400 (Bad Request)"));
        assertEquals([problems.length, refused.length], [1, 1], problems.join("\n"));
      });
    } finally {
      await browser.close();
    }
  },
});
