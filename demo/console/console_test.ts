import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createTelemetry, otlp } from "../../mod.ts";
import { createCollector } from "../store/collector.ts";
import { ingestInto } from "../store/ingest.ts";
import { queriesOf } from "../store/queries.ts";
import { openStore } from "../store/store.ts";
import type { Flow, Play, PlaySettings } from "./play.ts";
import type { Access } from "./guard.ts";
import { tailOf } from "./live.ts";
import type { ResultFolder } from "./results.ts";
import { createConsole } from "./server.ts";

type App = ReturnType<typeof createConsole>;

interface Parts {
  readonly play?: Play;
  readonly resultsFolder?: string;
  readonly access?: Access;
}

async function withConsole(
  work: (ask: (path: string, init?: RequestInit) => Promise<Response>, app: App) => Promise<void>,
  parts: Parts = {},
): Promise<void> {
  const store = openStore(":memory:");
  try {
    const collector = createCollector(ingestInto(store));
    const app = createConsole({
      ...parts,
      queries: queriesOf(store.database),
      store: () => Promise.resolve({ store: store.state(), received: collector.received() }),
      collector: collector.app,
      access: parts.access,
      assets: { script: "// script", style: "/* style */" },
    });
    const ask = async (path: string, init: RequestInit = {}) =>
      await app.request(`http://127.0.0.1${path}`, {
        ...init,
        headers: { host: "127.0.0.1:4318", ...init.headers },
      });
    await work(ask, app);
  } finally {
    store.close();
  }
}

/** A telemetry whose requests go to the console. */
function telemetryInto(app: App, service = "orders") {
  const send: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    request.headers.set("host", "127.0.0.1");
    return await app.fetch(request);
  };
  return createTelemetry({ service, sinks: [otlp({ endpoint: "http://127.0.0.1", fetch: send })] });
}

Deno.test("what came by OTLP is answered by the API", async () => {
  await withConsole(async (ask, app) => {
    const telemetry = telemetryInto(app);
    telemetry.span("GET /a", { "order.id": "o_1" }, (span) => {
      span.log.warn("card was declined", { sku: "tea" });
    });
    telemetry.span("GET /b", () => {});
    await telemetry.shutdown();
    const names = async (query: string) =>
      (await (await ask(`/api/traces?${query}`)).json()).map(({ name }: { name: string }) => name);
    assertEquals((await names("")).sort(), ["GET /a", "GET /b"]);
    assertEquals(await names("attribute=order.id%3Do_1"), ["GET /a"]);
    assertEquals(await names("route=/b"), ["GET /b"]);
    assertEquals(await names("service=nobody"), []);
    assertEquals(await names("slowerThan=60000"), []);
    const [line] = await (await ask("/api/logs?q=declined&attribute=sku%3Dtea&level=warn")).json();
    assertEquals(line.body, "card was declined");
    const { spans, logs } = await (await ask(`/api/traces/${line.traceId}`)).json();
    assertEquals([spans.length, logs.length], [1, 1]);
    assertMatch(spans[0].startNs, /^\d{19}$/);
    assertEquals(await (await ask("/api/services")).json(), ["orders"]);
  });
});

Deno.test("a wrong question is answered with what is allowed", async () => {
  await withConsole(async (ask) => {
    const cases: [path: string, status: number, text: string][] = [
      ["/api/traces?limit=0", 400, "limit"],
      ["/api/traces?colour=red", 400, "colour"],
      ["/api/traces?attribute=x", 400, "name=value"],
      ["/api/logs?level=loud", 400, "level"],
      ["/api/heatmap?minutes=-1", 400, "minutes"],
      ["/api/traces?status=7xx", 400, "ok, error, 4xx or 404"],
      ["/api/nothing", 404, "GET /api lists them"],
      ["/api/traces/xyz", 400, "first hex digits"],
      [`/api/traces/${"0".repeat(32)}`, 404, "no such trace"],
    ];
    for (const [path, status, text] of cases) {
      const response = await ask(path);
      assertEquals(response.status, status, path);
      assertStringIncludes((await response.json()).error, text);
    }
  });
});

Deno.test("only this machine's names are answered, and nothing may run but our script", async () => {
  await withConsole(async (ask) => {
    for (const host of ["127.0.0.1:1", "localhost", "[::1]:4318"]) {
      assertEquals((await ask("/", { headers: { host } })).status, 200, host);
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example", ""]) {
      for (const path of ["/", "/api/traces", "/v1/traces"]) {
        assertEquals((await ask(path, { headers: { host } })).status, 403, `${host} ${path}`);
      }
    }
    const page = await ask("/");
    const policy = page.headers.get("content-security-policy") ?? "";
    assertStringIncludes(policy, "default-src 'none'");
    assertStringIncludes(policy, "script-src 'self'");
    assert(!policy.includes("unsafe"));
    assertEquals(page.headers.get("access-control-allow-origin"), null);
    assert(!/<script(?![^>]*src=)/.test(await page.text()), "an inline script");
  });
});

Deno.test("a page of another origin sends nothing into the store", async () => {
  await withConsole(async (ask) => {
    const body = "{}";
    const headers = { origin: "https://evil.example", "content-type": "application/json" };
    assertEquals((await ask("/v1/traces", { method: "POST", body, headers })).status, 403);
    const own = { origin: "http://127.0.0.1:4318", "content-type": "application/json" };
    assertEquals((await ask("/v1/traces", { method: "POST", body, headers: own })).status, 200);
  });
});

Deno.test("the panel changes what it names, and refuses the rest", async () => {
  let settings: PlaySettings = {
    level: "info",
    sampling: 1,
    sampler: "ratio",
    tail: "off",
    faults: "some",
    rate: 4,
  };
  const play: Play = {
    settings: () => settings,
    change: (part) => settings = { ...settings, ...part },
    flow: () => ({ timeMs: 1 }) as Flow,
  };
  await withConsole(async (ask) => {
    const change = (body: string, type = "application/json") =>
      ask("/api/play", { method: "POST", body, headers: { "content-type": type } });
    assertEquals((await change('{"sampling":0.1}')).status, 200);
    assertEquals(settings.sampling, 0.1);
    assertEquals((await (await ask("/api/play")).json()).sampling, 0.1);
    assertEquals((await change('{"sampling":2}')).status, 400);
    assertEquals((await change("nonsense")).status, 400);
    assertEquals((await change('{"sampling":1}', "text/plain")).status, 415);
    assertEquals(settings.sampling, 0.1);
  }, { play });
});

Deno.test("reports run apart, and no name leaves their folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/one`);
    await Deno.mkdir(`${folder}/two`);
    await Deno.writeTextFile(`${folder}/one/report.html`, "<script>1</script>");
    await Deno.writeTextFile(`${folder}/secret`, "s");
    const arm = (arm: string, estimate?: number) => ({
      arm,
      againstFirstUs: estimate === undefined ? null : { estimate, low: 0, high: 1 },
    });
    await Deno.writeTextFile(
      `${folder}/one/comparison.json`,
      JSON.stringify({ requests: 7, isTrustworthy: true, arms: [arm("off"), arm("logs", 3.5)] }),
    );
    await Deno.writeTextFile(`${folder}/two/comparison.json`, "{");
    await withConsole(async (ask) => {
      const list = await (await ask("/api/results")).json();
      assertEquals(
        list.map(({ name, hasReport, summary }: ResultFolder) => [name, hasReport, summary]).sort(),
        [
          ["one", true, { requests: 7, isTrustworthy: true, arms: [{ arm: "logs", us: 3.5 }] }],
          ["two", false, undefined],
        ],
      );
      const report = await ask("/results/one/report.html");
      assertEquals(await report.text(), "<script>1</script>");
      assertStringIncludes(
        report.headers.get("content-security-policy")!,
        "sandbox allow-scripts;",
      );
      for (const path of ["two", "..", "%2e%2e%2fone", "one%2f..%2fone"]) {
        assertEquals((await ask(`/results/${path}/report.html`)).status, 404, path);
      }
    }, { resultsFolder: folder });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the live tail sends each trace once, when it has settled, and counts what it leaves out", async () => {
  const nowMs = 1_000_000;
  const trace = (traceId: string, endMs: number) => ({
    traceId,
    service: "a",
    name: "b",
    startNs: BigInt(endMs - 10) * 1_000_000n,
    durationMs: 10,
    spans: 1,
    errors: 0,
    adjustedCount: 1,
    services: ["a"],
    status: null,
  });
  let traces = [trace("late", nowMs), trace("settled", nowMs - 2000)];
  const next = tailOf({ traces: () => traces });
  const ids = async (atMs: number) => (await next(atMs)).traces.map(({ traceId }) => traceId);
  assertEquals(await ids(nowMs), ["settled"]);
  assertEquals(await ids(nowMs + 100), []);
  assertEquals(await ids(nowMs + 1000), ["late"]);
  traces = Array.from({ length: 150 }, (_, index) => trace(`t${index}`, nowMs));
  const { traces: sent, dropped } = await next(nowMs + 1000);
  assertEquals([sent.length, dropped], [100, 50]);
});

Deno.test("GET /api documents every question, with its parameters", async () => {
  await withConsole(async (ask) => {
    const { openapi, paths } = await (await ask("/api")).json();
    assertEquals(openapi, "3.1.0");
    const parametersOf = (path: string) =>
      paths[path].get.parameters.map(({ name }: { name: string }) => name);
    assert(parametersOf("/traces").includes("slowerThan"));
    assertEquals(parametersOf("/traces/{id}"), ["id"]);
    const [limit] = paths["/traces"].get.parameters.filter(({ name }: { name: string }) =>
      name === "limit"
    );
    assertEquals([limit.schema.maximum, limit.schema.default], [10_000, 100]);
    for (const path of Object.keys(paths)) {
      if (path === "/live" || path.includes("{")) continue;
      const response = await ask(`/api${path}${path === "/metrics" ? "?name=x" : ""}`);
      assertEquals(response.status, 200, path);
      await response.body?.cancel();
    }
  });
});

Deno.test("elsewhere than on loopback nothing is answered without the token", async () => {
  const token = "0123456789abcdef0123";
  await withConsole(async (ask) => {
    const host = "192.168.1.5:4318";
    for (const path of ["/", "/api/traces", "/app.js", "/?token=0123456789abcdef0124"]) {
      const response = await ask(path, { headers: { host } });
      assertEquals([response.status, response.headers.get("set-cookie")], [401, null], path);
      await response.body?.cancel();
    }
    const body = "{}";
    const type = { "content-type": "application/json", host };
    const sent = async (headers: Record<string, string>) =>
      (await ask("/v1/traces", { method: "POST", body, headers: { ...type, ...headers } })).status;
    assertEquals(await sent({}), 401);
    assertEquals(await sent({ authorization: `Bearer ${token}` }), 200);
    const entered = await ask(`/?token=${token}`, { headers: { host } });
    assertEquals([entered.status, entered.headers.get("location")], [303, "/"]);
    const cookie = entered.headers.get("set-cookie")!;
    assertMatch(cookie, /HttpOnly; SameSite=Strict/);
    const page = await ask("/", { headers: { host, cookie: cookie.split(";")[0] } });
    assertEquals(page.status, 200);
    // A name can be rebound to this address; the token does not make it one of ours.
    for (const rebound of ["evil.example", "192.168.1.5.evil.example"]) {
      const headers = { host: rebound, authorization: `Bearer ${token}` };
      assertEquals((await ask("/", { headers })).status, 403, rebound);
    }
    assertEquals((await ask("/", { headers: { host: "box.local:1", cookie } })).status, 200);
  }, { access: { token, hosts: ["box.local"] } });
});

Deno.test("a page of a listed origin may send telemetry, and nothing else", async () => {
  await withConsole(async (ask) => {
    const origin = "https://shop.example";
    const asked = await ask("/v1/traces", { method: "OPTIONS", headers: { origin } });
    assertEquals(asked.status, 204);
    assertEquals(asked.headers.get("access-control-allow-origin"), origin);
    const headers = { origin, "content-type": "application/json" };
    const sent = await ask("/v1/traces", { method: "POST", body: "{}", headers });
    assertEquals([sent.status, sent.headers.get("access-control-allow-origin")], [200, origin]);
    const read = await ask("/api/traces", { headers });
    assertEquals(read.headers.get("access-control-allow-origin"), null);
    for (const other of ["https://evil.example", "null"]) {
      const refused = await ask("/v1/traces", { method: "OPTIONS", headers: { origin: other } });
      assertEquals([refused.status, refused.headers.get("access-control-allow-origin")], [
        403,
        null,
      ]);
    }
  }, { access: { origins: ["https://shop.example"] } });
});
