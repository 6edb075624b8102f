import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { parseAll, stringify } from "@std/yaml";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Namespace } from "kubernetes-models/v1/Namespace";
import { Service } from "kubernetes-models/v1/Service";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { errors, hasAttribute, rare, slowerThan } from "../../mod.ts";
import { UsageError } from "../command.ts";
import { coverOf, spanOf } from "../k6/fraction.ts";
import { mergeMain } from "../k6/merge_command.ts";
import { k6TestSchema } from "../k6/test_plan.ts";
import { handOverMain } from "./hand_over.ts";
import { type Cluster, clusterOf } from "./resources.ts";
import { processorsOf } from "./sampling.ts";
import { type Resource, resourceSchema } from "./schema.ts";
import { segmentsFor } from "./steps.ts";

const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));
const GOLDEN = new URL("./testdata/cluster.yaml", import.meta.url);

async function loadtest(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, ...args],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

async function within(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A small cluster, whose script is not the shop's: that may change without this. */
function smallCluster(): Cluster {
  return clusterOf({
    namespace: "sextant",
    runners: 3,
    k6Image: "sextant-k6:latest",
    armImage: "sextant-shop:latest",
    armEnv: { logs: { LEVEL: "info" } },
    test: {
      version: 1,
      seed: 1,
      ratePerS: 300,
      durationS: 60,
      vus: 60,
      scenario: "shop",
      path: "/products/tea",
      arms: [
        { name: "off", weight: 1, sampled: 1 },
        { name: "logs", weight: 2, sampled: null },
      ],
      p99MaxMs: 500,
    },
    script: "export default function () {}\n",
    sampling: { tail: { keep: [errors(), slowerThan(250), rare()], otherwise: 0.05 } },
    samplers: 2,
    endpoint: "http://console.example:4318",
  });
}

/** Kubernetes' own schemas, as its OpenAPI definition has them. */
const MODELS: Readonly<Record<string, new (resource: never) => { validate(): void }>> = {
  ConfigMap,
  Deployment,
  Namespace,
  Service,
  StatefulSet,
};

function check(resource: unknown): Resource {
  const taken = resourceSchema.parse(resource);
  const Model = MODELS[taken.kind];
  if (Model !== undefined) new Model(resource as never).validate();
  return taken;
}

Deno.test("a cluster's resources are what they were, and what Kubernetes and the operator take", async () => {
  const { files } = smallCluster();
  const text = Object.entries(files).map(([name, resources]) =>
    `# ${name}\n${resources.map((one) => stringify(one, { lineWidth: -1 })).join("---\n")}`
  ).join("---\n");
  if (Deno.env.get("UPDATE_GOLDEN") === "1") await Deno.writeTextFile(GOLDEN, text);
  assertEquals(text, await Deno.readTextFile(GOLDEN), "UPDATE_GOLDEN=1 writes it anew");
  const resources = (parseAll(text) as unknown[]).map(check);
  assertEquals(
    resources.filter(({ kind }) => kind === "Deployment").map(({ metadata }) => metadata.name),
    ["collector", "arm-0", "arm-1"],
  );
  // The schemas do refuse: a field that is misspelt, and one that is missing.
  const [run] = files["4-run.yaml"];
  if (run.kind !== "TestRun") throw new TypeError(run.kind);
  assertThrows(() => check({ ...run, spec: { ...run.spec, paralellism: 3 } }));
  const deployment = resources.find(({ kind }) => kind === "Deployment")!;
  assertThrows(() => new Deployment({ ...deployment, spec: {} } as never).validate());
});

Deno.test("a service finds its pods, and k6 finds its arms", () => {
  const { files, test } = smallCluster();
  const all = Object.values(files).flat();
  for (const one of all) {
    if (one.kind !== "Service") continue;
    const pods = all.filter((other) =>
      (other.kind === "Deployment" || other.kind === "StatefulSet") &&
      Object.entries(one.spec.selector).every(([key, value]) =>
        other.spec.template.metadata.labels[key] === value
      )
    );
    assertEquals(pods.length, 1, one.metadata.name);
  }
  const services = all.filter(({ kind }) => kind === "Service").map(({ metadata }) =>
    metadata.name
  );
  for (const { url } of test.arms) {
    const [name, namespace] = new URL(url).hostname.split(".");
    assertEquals([services.includes(name), namespace], [true, "sextant"], url);
  }
  k6TestSchema.parse(test);
});

Deno.test("the operator's segments are one whole test", () => {
  for (const runners of [1, 2, 3, 7]) {
    const { segments } = segmentsFor(runners);
    assertEquals(segments.length, runners);
    assertEquals(coverOf(segments.map(spanOf)), { overlaps: [], gaps: [] });
  }
});

Deno.test("the library's sampling options in the collector's words; what it lacks is said", () => {
  const { processors, notes } = processorsOf({
    probability: 0.5,
    tail: {
      keep: [
        errors(),
        slowerThan(250),
        hasAttribute("tier", "gold"),
        hasAttribute("retries", 3),
        hasAttribute("cached", true),
        hasAttribute("tenant"),
        hasAttribute("ratio", 0.5),
        rare(),
        () => true,
      ],
      otherwise: 0.25,
      deadlineMs: 5000,
    },
  });
  assertEquals(Object.keys(processors), ["probabilistic_sampler", "tail_sampling"]);
  const { policies, decision_wait } = processors.tail_sampling as {
    policies: Record<string, unknown>[];
    decision_wait: string;
  };
  assertEquals(decision_wait, "5000ms");
  assertEquals(policies.map(({ type }) => type), [
    "status_code",
    "latency",
    "string_attribute",
    "numeric_attribute",
    "boolean_attribute",
    "ottl_condition",
    "ottl_condition",
    "probabilistic",
  ]);
  assertEquals(policies.map((one) => one[one.type as string])[1], { threshold_ms: 250 });
  assertEquals(new Set(policies.map(({ name }) => name)).size, policies.length);
  assertEquals(notes.map((note) => note.split(":")[0]), [
    "errors()",
    "slowerThan(250)",
    "rare()",
    "keep[8] is a rule of your own",
    "otherwise",
  ]);
  assertEquals(processorsOf({}), { processors: {}, notes: [] });
  assertThrows(
    () => processorsOf({ tail: { keep: [rare()] } }),
    TypeError,
    "nothing that it keeps can be told a collector: rare()",
  );
});

Deno.test("hand-over writes a plan for a cluster, and for processes by hand", async () => {
  await within(async (folder) => {
    const plan = ["--arms", "traces,traces 1 in 10", "--rate", "900", "--preset", "smoke"];
    const { code, err, out } = await loadtest(
      "hand-over",
      ...["--to", "kubernetes", ...plan, "--runners", "4", "--out", `${folder}/cluster`],
    );
    assertEquals(code, 0, err);
    assertMatch(out, /README\.md there has the steps/);
    assertMatch(err, /the collector differs: rare\(\)/);
    const names = [...Deno.readDirSync(`${folder}/cluster`)].map(({ name }) => name);
    for (const name of names.filter((one) => one.endsWith(".yaml"))) {
      const text = await Deno.readTextFile(`${folder}/cluster/${name}`);
      for (const resource of parseAll(text) as unknown[]) check(resource);
    }
    const test = k6TestSchema.parse(
      JSON.parse(await Deno.readTextFile(`${folder}/cluster/test.json`)),
    );
    assertEquals(test.arms.map(({ name, sampled }) => [name, sampled]), [
      ["off", 1],
      ["off again", 1],
      ["traces", 1],
      ["traces 1 in 10", null],
    ]);
    assertEquals([test.ratePerS, test.durationS, test.scenario], [900, 20, "shop"]);
    // The same plan again, from its file.
    const urls = test.arms.flatMap(({ name }) => ["--url", `${name}=http://127.0.0.1:8080/`]);
    const again = await loadtest(
      "hand-over",
      ...["--to", "k6", `${folder}/cluster`, ...urls, "--out", `${folder}/hands`],
    );
    assertEquals(again.code, 0, again.err);
    const hands = JSON.parse(await Deno.readTextFile(`${folder}/hands/test.json`));
    assertEquals(hands.arms[0].url, "http://127.0.0.1:8080");
    assertMatch(
      await Deno.readTextFile(`${folder}/hands/README.md`),
      /--execution-segment=2\/3:1 /,
    );
    assert(await Deno.readTextFile(`${folder}/hands/shop.ts`) !== "");
  });
});

Deno.test("what hand-over and merge can't take is named, and ends with code 2", async () => {
  await within(async (folder) => {
    const planFile = `${folder}/plan.json`;
    await handOverMain([
      "--to",
      "k6",
      "--arms",
      "logs",
      "--out",
      folder,
      ...["off", "off again", "logs"]
        .flatMap((arm) => ["--url", `${arm}=http://127.0.0.1:1`]),
    ]);
    const plan = JSON.parse(await Deno.readTextFile(planFile));
    await Deno.writeTextFile(planFile, JSON.stringify({ ...plan, arms: ["off", "magic"] }));
    const to = ["hand-over", "--to", "kubernetes"];
    const cases: [args: string[], message: RegExp][] = [
      [["hand-over"], /--to is missing, allowed are kubernetes, k6, collector/],
      [["hand-over", "--to", "mars"], /--to is mars, allowed are kubernetes, k6, collector/],
      [[...to, planFile], /plan\.json: .*"magic", allowed are off, off again/],
      [[...to, `${folder}/none.json`], /none\.json: /],
      [[...to, "--arms", "magic"], /--arms has "magic", allowed are off/],
      [[...to, "--keep", "slow"], /--keep has "slow", allowed are errors, slower-than:MS/],
      [
        ["hand-over", "--to", "collector", "--keep", "rare", "--otherwise", "0"],
        /--keep: tail: nothing that it keeps can be told a collector: rare\(\)/,
      ],
      [[...to, "--otherwise", "2"], /--otherwise is 2, allowed is 0 to 1/],
      [[...to, "--runners", "0"], /--runners is 0, allowed are numbers from 1/],
      [[...to, "--speed", "1"], /Unknown flag --speed; allowed are --plan/],
      [[...to, "--url", "off=http://x"], /--url is for --to k6/],
      [["hand-over", "--to", "k6", "--arms", "logs"], /the arm "off" has no address: --url "off=/],
      [["merge"], /merge needs files/],
      [["merge", `${folder}/none`], /none can't be read: /],
      [["merge", planFile], /plan\.json holds no segment/],
      [["merge", "--fast", planFile], /Unknown flag --fast; allowed are --partial/],
    ];
    for (const [[name, ...args], message] of cases) {
      const main = name === "merge" ? mergeMain : handOverMain;
      const error = await assertRejects(() => main(args), UsageError);
      assertMatch(error.message, message);
    }
    const { code, err } = await loadtest("hand-over", "--to", "mars");
    assertEquals([code, err.trim()], [2, "--to is mars, allowed are kubernetes, k6, collector"]);
    assertMatch((await loadtest("hand-over", "--help")).out, /--to kubernetes \[PLAN\]/);
    assertMatch((await loadtest("merge", "--help")).out, /--partial {6}merges what is there/);
  });
});
