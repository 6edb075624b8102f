import { assertEquals, assertRejects } from "@std/assert";
import { createMeter, createTelemetry, logMetrics, memory, pipe } from "../../mod.ts";
import { LOG_RULES_FILE, readLogRules } from "./log_rules.ts";
import { UsageError } from "./options.ts";

Deno.test("the demo's rules turn its lines into counters and histograms", async () => {
  const meter = createMeter();
  const { log } = createTelemetry({
    service: "payments",
    sinks: [pipe(logMetrics(meter, await readLogRules(LOG_RULES_FILE)), memory())],
  });
  log.warn("card declined", { amountCents: 5 });
  log.info("card declined");
  log.info("card charged", { amountCents: 100 });
  log.info("card charged", { amountCents: 250 });
  log.error("bank unavailable");
  const points = meter.collect().map(({ name, points }) => {
    const [point] = points as unknown as { value?: number; sum?: number }[];
    return [name, point.value ?? point.sum];
  });
  assertEquals(points, [
    ["shop.cards.declined", 1],
    ["shop.charge.amount", 350],
    ["shop.log.errors", 1],
  ]);
});

Deno.test("a rule file that is wrong is named, with the place and what is wrong", async () => {
  const path = await Deno.makeTempFile();
  const cases: [text: string, message: string][] = [
    ["{", "JSON"],
    ["{}", "expected array"],
    ['[{"metric":"a"},{"metric":"b","level":"loud"}]', "1.level"],
    ['[{"metric":"a","colour":1}]', "colour"],
    ['[{"metric":"1 a"}]', "0.metric: a metric's name"],
    ["[{}]", "0.metric"],
  ];
  try {
    for (const [text, message] of cases) {
      await Deno.writeTextFile(path, text);
      await assertRejects(() => readLogRules(path), UsageError, message);
    }
    await assertRejects(() => readLogRules("no/such/file"), UsageError, "no/such/file");
  } finally {
    await Deno.remove(path);
  }
});
