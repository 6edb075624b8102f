/** `deno task loadtest hand-over`: the same plan for k6 on many machines. */
import { parseArgs } from "@std/cli/parse-args";
import { resolve } from "@std/path";
import { stringify } from "@std/yaml";
import type { Arm } from "../arms/arm.ts";
import { planFrom, UsageError } from "../command.ts";
import type { K6Test } from "../k6/test_plan.ts";
import type { Plan } from "../model/model.ts";
import { samplerConfig } from "./collector.ts";
import { readKeep } from "./keep.ts";
import { type Cluster, clusterOf } from "./resources.ts";
import { type CollectorSampling, processorsOf } from "./sampling.ts";
import { collectorSteps, kubernetesSteps, processSteps } from "./steps.ts";

const PLAN_FLAGS = [
  "plan",
  "preset",
  "arms",
  "arms-file",
  "target",
  "path",
  "rate",
  "seed",
  "seconds",
] as const;
const OWN_FLAGS = [
  "to",
  "out",
  "scenario",
  "vus",
  "p99-max",
  "runners",
  "namespace",
  "k6-image",
  "arm-image",
  "samplers",
  "otlp",
  "keep",
  "otherwise",
  "probability",
] as const;

const HELP = `Writes what runs a plan by k6 on many machines; merge reads what comes back.

  deno task loadtest hand-over --to kubernetes [PLAN]   k6-operator, an arm a deployment, collectors
  deno task loadtest hand-over --to k6 [PLAN]           a k6 process a machine, by hand
  deno task loadtest hand-over --to collector           one collector on this machine, to try --keep

PLAN is a plan.json or the folder of a run; without it these make one, as they do for a run:
      --preset, --arms, --arms-file, --target, --path, --rate, --seed, --seconds

      --out FOLDER             (results/hand-over)
      --runners N              k6 processes, a segment each (3)
      --scenario shop|path     shoppers, or the plan's path alone (shop; path without the shop)
      --vus N                  iterations under way at once, over all processes (a tenth of --rate)
      --p99-max MS             the most that an arm's 99th percentile may be (1000)
  --to k6
      --url NAME=URL           where an arm is, for each arm
  --to kubernetes
      --namespace NAME         (sextant)
      --k6-image, --arm-image  what the two Dockerfiles in loadtest/kubernetes make
      --samplers N             collectors that decide about traces (2)
  --to kubernetes, --to collector
      --otlp URL               where telemetry goes in the end (the collectors' logs; a file)
      --keep LIST              what the collectors keep: errors, slower-than:MS, rare,
                               attribute:KEY, attribute:KEY=VALUE (errors,slower-than:250,rare)
      --otherwise P            the part of the other traces that they keep, 0 to 1 (0.01)
      --probability P          the part of all traces that comes so far, 0 to 1 (1)`;

type Flags = Readonly<Record<string, string | undefined>>;

/** Runs the command. */
export async function handOverMain(args: readonly string[]): Promise<number> {
  const { given, rest, urls, isHelp } = readArgs(args);
  if (isHelp) {
    console.log(HELP);
    return 0;
  }
  if (given.to !== "kubernetes" && given.to !== "k6" && given.to !== "collector") {
    throw new UsageError(`--to is ${given.to ?? "missing"}, allowed are kubernetes, k6, collector`);
  }
  const folder = resolve(given.out ?? "results/hand-over");
  await Deno.mkdir(folder, { recursive: true });
  const write: Write = (name, text) => Deno.writeTextFile(resolve(folder, name), text);
  const shown = folder.replace(`${Deno.cwd()}/`, "");
  const notes = given.to === "collector"
    ? await writeCollector(given, folder, shown, write)
    : await writeTest(given, rest, urls, write);
  for (const note of notes) console.error(`the collector differs: ${note}`);
  console.log(`Written to ${shown}; README.md there has the steps`);
  return 0;
}

type Write = (name: string, text: string) => Promise<void>;

/** Writes one collector for this machine, on OTLP's own port. */
async function writeCollector(
  given: Flags,
  folder: string,
  shown: string,
  write: Write,
): Promise<readonly string[]> {
  const tracesFile = given.otlp === undefined ? resolve(folder, "kept.ndjson") : undefined;
  const { config, notes } = samplerConfig(
    { http: "127.0.0.1:4318" },
    samplingOf(given),
    { endpoint: given.otlp, tracesFile },
  );
  await write("collector.yaml", json(config));
  await write("README.md", collectorSteps(shown));
  return notes;
}

/** Writes a plan for k6; returns where the collectors of a cluster differ from the library. */
async function writeTest(
  given: Flags,
  rest: readonly string[],
  urls: ReadonlyMap<string, string>,
  write: Write,
): Promise<readonly string[]> {
  if (rest.length > 1) throw new UsageError(`hand-over takes one plan, not ${rest.length}`);
  const [file] = rest;
  const { plan, arms } = await planOf(
    file === undefined ? given : { plan: file.endsWith(".json") ? file : `${file}/plan.json` },
  );
  const script = await Deno.readTextFile(new URL("../k6/shop.ts", import.meta.url));
  const runners = numberOf(given, "runners", 3, 1);
  const test = testOf(plan, arms, given);
  if (given.to === "k6") {
    const whole = withUrls(test, urls);
    await write("plan.json", json(plan));
    await write("test.json", json(whole));
    await write("shop.ts", script);
    await write("README.md", processSteps(runners));
    return [];
  }
  if (urls.size > 0) throw new UsageError("--url is for --to k6: a cluster has its own names");
  const cluster = clusterFrom(given, { test, arms, script, runners, plan });
  for (const [name, resources] of Object.entries(cluster.files)) {
    await write(name, resources.map((one) => stringify(one, { lineWidth: -1 })).join("---\n"));
  }
  await write("plan.json", json(plan));
  await write("test.json", json(cluster.test));
  await write("README.md", kubernetesSteps(cluster, given.namespace ?? "sextant", runners));
  return cluster.notes;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

function readArgs(args: readonly string[]) {
  const text = [...PLAN_FLAGS, ...OWN_FLAGS];
  const { _: rest, url, help, h: _h, ...given } = parseArgs([...args], {
    boolean: ["help"],
    string: ["_", "url", ...text],
    collect: ["url"],
    alias: { h: "help" },
  }) as Record<string, unknown> & { _: string[]; url?: string[] };
  const unknown = Object.keys(given).find((name) => !(text as string[]).includes(name));
  if (unknown !== undefined) {
    const allowed = [...text, "url", "help"].map((name) => `--${name}`).join(", ");
    throw new UsageError(`Unknown flag --${unknown}; allowed are ${allowed}`);
  }
  const urls = new Map((url ?? []).map((one) => {
    const at = one.indexOf("=");
    if (at < 1) throw new UsageError(`--url is ${one}, allowed is NAME=URL`);
    return [one.slice(0, at), one.slice(at + 1)] as const;
  }));
  return { given: given as Flags, rest, urls, isHelp: help === true };
}

interface Planned {
  readonly plan: Plan;
  readonly arms: readonly Arm[];
}

async function planOf(given: Flags): Promise<Planned> {
  return await planFrom({
    name: "plan",
    folders: [],
    given: Object.fromEntries(PLAN_FLAGS.map((name) => [name, given[name]])),
    out: "",
    isJson: false,
    isForced: false,
  });
}

function numberOf(given: Flags, name: string, otherwise: number, least: number): number {
  const value = given[name] === undefined ? otherwise : Number(given[name]);
  if (!(value >= least) || (least >= 1 && !Number.isInteger(value))) {
    throw new UsageError(`--${name} is ${given[name]}, allowed are numbers from ${least}`);
  }
  return value;
}

/** How many times less than its rate a test has VUs: right where an iteration takes 100 ms. */
const VUS_PER_RATE = 10;

function testOf(plan: Plan, arms: readonly Arm[], given: Flags) {
  const isShop = plan.armsFile === null && plan.target === null;
  const scenario = given.scenario ?? (isShop ? "shop" : "path");
  if (scenario !== "shop" && scenario !== "path") {
    throw new UsageError(`--scenario is ${scenario}, allowed are shop, path`);
  }
  const wanted = plan.minRequests > 0 ? plan.minRequests / plan.ratePerS : plan.maxSeconds;
  return {
    version: 1 as const,
    seed: plan.seed >>> 0,
    ratePerS: Math.round(plan.ratePerS),
    durationS: Math.max(1, Math.ceil(Math.min(plan.maxSeconds, wanted))),
    vus: numberOf(given, "vus", Math.max(50, Math.ceil(plan.ratePerS / VUS_PER_RATE)), 1),
    scenario: scenario as K6Test["scenario"],
    path: plan.path,
    arms: plan.arms.map((name) => ({
      name,
      weight: 1,
      sampled: sampledOf(arms.find((arm) => arm.name === name)!),
    })),
    p99MaxMs: numberOf(given, "p99-max", 1000, 0),
  };
}

/** A trace that k6 began would take the decision from a sampler of the arm's own. */
function sampledOf({ target }: Arm): number | null {
  return target.kind === "shop" && !("sampler" in target.options("http://127.0.0.1")) ? 1 : null;
}

function withUrls(test: ReturnType<typeof testOf>, urls: ReadonlyMap<string, string>): K6Test {
  const names = test.arms.map(({ name }) => name);
  const stranger = [...urls.keys()].find((name) => !names.includes(name));
  if (stranger !== undefined) {
    throw new UsageError(
      `--url is for the arm ${JSON.stringify(stranger)}, the plan has ${names.join(", ")}`,
    );
  }
  return {
    ...test,
    arms: test.arms.map((arm) => {
      const url = urls.get(arm.name);
      if (url === undefined || !URL.canParse(url)) {
        throw new UsageError(
          `the arm ${JSON.stringify(arm.name)} has no address: --url "${arm.name}=http://…"`,
        );
      }
      return { ...arm, url: url.replace(/\/$/, "") };
    }),
  };
}

function partOf(given: Flags, name: string, usual: number): number {
  const value = numberOf(given, name, usual, 0);
  if (value > 1) throw new UsageError(`--${name} is ${value}, allowed is 0 to 1`);
  return value;
}

/** What the collectors keep, by the library's own options. */
function samplingOf(given: Flags): CollectorSampling {
  const probability = partOf(given, "probability", 1);
  const otherwise = partOf(given, "otherwise", 0.01);
  const keep = readKeep(given.keep ?? "errors,slower-than:250,rare");
  try {
    // Looked at here, so that what can't be told a collector is named as a wrong flag is.
    processorsOf({ tail: { keep, otherwise }, probability });
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`--keep: ${error.message}`) : error;
  }
  return { tail: { keep, otherwise }, probability };
}

function clusterFrom(
  given: Flags,
  { test, arms, script, runners, plan }: {
    readonly test: ReturnType<typeof testOf>;
    readonly arms: readonly Arm[];
    readonly script: string;
    readonly runners: number;
    readonly plan: Plan;
  },
): Cluster {
  const isShop = plan.armsFile === null && plan.target === null;
  if (!isShop && given["arm-image"] === undefined) {
    throw new UsageError(
      "--arm-image is missing: arms of your own need an image that serves the arm in SEXTANT_ARM on PORT",
    );
  }
  return clusterOf({
    namespace: given.namespace ?? "sextant",
    runners,
    k6Image: given["k6-image"] ?? "sextant-k6:latest",
    armImage: given["arm-image"] ?? "sextant-shop:latest",
    armEnv: Object.fromEntries(
      arms.map(({ name, target }) => [name, target.kind === "shop" ? {} : target.env]),
    ),
    test,
    script,
    sampling: samplingOf(given),
    samplers: numberOf(given, "samplers", 2, 1),
    endpoint: given.otlp,
  });
}
