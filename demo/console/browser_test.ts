import { assert, assertEquals } from "@std/assert";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const path = CHROMIUM.find((one) => {
  try {
    return Deno.statSync(one).isFile;
  } catch {
    return false;
  }
});
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
        await page.waitForTimeout(300);
        const wide = await page.evaluate("document.documentElement.scrollWidth");
        assertEquals(wide, width, `${view} is wider than ${width} pixels`);
        if (width === 1280 || colorScheme === "light") await assertAccessible(page, view);
      }
    }
  }
  assertEquals(foreign, []);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 800 });
}

async function fromLineToTrace(page: Page, address: string): Promise<void> {
  await page.goto(`${address}/#/logs`);
  await page.getByLabel("Text").fill("declined");
  await page.waitForFunction("location.hash.includes('q=declined')");
  const link = page.locator("tbody tr", { hasText: "card declined" }).first().getByRole("link");
  await link.click();
  await page.waitForSelector(".row.failed");
  assert(await page.locator(".row", { hasText: "payments" }).count() > 0);
  // The keyboard alone walks the rows.
  const first = await page.locator(".details h2").textContent();
  await page.getByRole("listbox").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await until(
    () => page.locator(".row.selected").getAttribute("id"),
    (id) => id === "row-2",
  );
  assert(await page.locator(".details h2").textContent() !== first);
}

async function overTheQueue(page: Page, address: string): Promise<void> {
  await page.goto(`${address}/#/logs?q=parcel`);
  await page.locator("tbody tr").first().getByRole("link").click();
  await page.waitForSelector(".row .linked");
  const services = await page.locator(".legend li").allTextContents();
  for (const service of ["gateway", "orders", "shipping"]) {
    assert(services.some((text) => text.includes(service)), `${service} in ${services}`);
  }
}

async function brush(page: Page, address: string): Promise<void> {
  await page.goto(`${address}/#/latency`);
  const picture = page.locator(".picture svg");
  const box = (await picture.boundingBox())!;
  // Within the rounded corners.
  await page.mouse.move(box.x + 12, box.y + 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 12, box.y + box.height / 3, { steps: 4 });
  await page.mouse.up();
  await page.waitForSelector("h2");
  await page.waitForSelector("tbody tr");
  await page.getByRole("link", { name: "clear the mark" }).click();
  await page.getByRole("button", { name: "mark the slowest twentieth" }).click();
  await page.waitForSelector("tbody tr");
}

async function lessSampling(page: Page, address: string): Promise<void> {
  await page.goto(`${address}/#/play`);
  const spans = async () =>
    Number.parseFloat(
      await page.locator(".tile", { hasText: "Spans sent" }).locator("output").textContent() ?? "",
    );
  const before = await until(spans, (rate) => rate > 50);
  await page.getByLabel("1 %", { exact: true }).check();
  await until(spans, (rate) => rate < before / 4);
  const requests = await page.locator(".tile", { hasText: "Requests" }).locator("output")
    .textContent();
  assert(Number.parseFloat(requests ?? "") > 15, `the shop is asked as before: ${requests}`);
}

/** A trace of hostile names, and one of ten thousand spans. */
async function sendHostile(address: string): Promise<string[]> {
  const now = BigInt(Date.now()) * 1_000_000n;
  const evil = `<script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u001b[31m`;
  const span = (traceId: string, index: number, name: string) => ({
    traceId,
    spanId: (index + 1).toString(16).padStart(16, "0"),
    parentSpanId: index === 0 ? "" : "1".padStart(16, "0"),
    name,
    kind: 2,
    startTimeUnixNano: String(now + BigInt(index)),
    endTimeUnixNano: String(now + 1_000_000n),
    status: { code: 2, message: evil },
    attributes: [
      { key: evil, value: { stringValue: evil } },
      { key: "long", value: { stringValue: index === 0 ? "x".repeat(1_000_000) : "x" } },
    ],
  });
  const ids = ["e".repeat(32), "f".repeat(32)];
  const spans = [
    span(ids[0], 0, evil),
    ...Array.from({ length: 10_000 }, (_, index) => span(ids[1], index, `span ${index}`)),
  ];
  const response = await fetch(`${address}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      resourceSpans: [{
        resource: { attributes: [{ key: "service.name", value: { stringValue: evil } }] },
        scopeSpans: [{ spans }],
      }],
    }),
  });
  assertEquals(response.status, 200, await response.text());
  return ids;
}

async function hostileIsText(page: Page, address: string): Promise<void> {
  const [hostile, large] = await sendHostile(address);
  for (const view of [`trace/${hostile}`, "traces", "services", "latency", "live"]) {
    await page.goto(`${address}/#/${view}`);
    await page.waitForTimeout(view === "live" ? 1500 : 500);
    assertEquals(await page.locator("img, main script").count(), 0, view);
    const text = await page.locator("main").textContent() ?? "";
    assert(
      !["\u202e", "\u001b"].some((control) => text.includes(control)),
      `${view} shows what turns text round`,
    );
    assert(text.length < 200_000, `${view} shows a megabyte`);
  }
  await page.goto(`${address}/#/trace/${large}`);
  await page.waitForSelector(".row");
  const rows = await page.locator(".row").count();
  assert(rows < 100, `${rows} rows are drawn of 10,000`);
  await page.getByRole("listbox").evaluate((box) => box.scrollTop = 200_000);
  await page.waitForFunction("document.querySelector('#row-7700') !== null");
}

Deno.test({
  name: "the console in a browser: each view, from a line to its trace, the brush, the panel",
  ignore: path === undefined,
  // The browser's driver keeps a process and its pipes of its own until it is closed.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const browser = await chromium.launch({ executablePath: path, args: FLAGS });
    try {
      await withDemo(async (address) => {
        const problems = await withPage(browser, async (page) => {
          await page.goto(address);
          await until(
            async () => (await (await fetch(`${address}/api/logs?q=declined`)).json()).length,
            (count) => count > 0,
          );
          await until(
            async () => (await (await fetch(`${address}/api/traces?slowerThan=50`)).json()).length,
            (count) => count > 0,
          );
          await lookAtEveryView(page, address);
          await fromLineToTrace(page, address);
          await overTheQueue(page, address);
          await brush(page, address);
          await hostileIsText(page, address);
          await lessSampling(page, address);
        });
        assertEquals(problems, []);
      });
    } finally {
      await browser.close();
    }
  },
});
