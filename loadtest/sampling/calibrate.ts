import type { Pool } from "./pool.ts";
import type { Job } from "./replay.ts";
import type { Score } from "./score.ts";
import { chunksOf, type SourceSpec } from "./source.ts";
import { familyNamed, nameAt } from "./specs.ts";
import type { Family, Known, StrategySpec } from "./strategy.ts";
import { meanRateOf, type TrueSpan } from "./world.ts";

/** What budgets are equal in. */
export type EqualBy = "bytes" | "spans";

/** A family that is to be set so that it meets a budget: a part of what "always on" takes. */
export interface Wanted {
  readonly family: string;
  readonly budget: number;
  /** Default the family's name and the budget. */
  readonly name?: string;
  /** Default what all budgets are equal in. */
  readonly equalBy?: EqualBy;
}

/** Settings are for streams of this seed, which no score is of. */
const CALIBRATION_SEED = 900_001;
/** So many traces, or whole bursts of about as many. */
const CALIBRATION_TRACES = 60_000;
const LEAST_PART = 1e-5;

/** What a calibration comes to. */
export interface Calibrated {
  readonly known: Known;
  readonly specs: readonly StrategySpec[];
  /** What "always on" takes: bytes and spans a trace. */
  readonly whole: Score;
}

const ALWAYS_ON: StrategySpec = { name: "always on", kind: "fixed" };

/** How much of a stream is looked at: whole bursts, so that limits see their share of them. */
function tracesFor(source: SourceSpec, traces: number): number {
  const most = Math.min(traces, CALIBRATION_TRACES);
  if (source.kind !== "world") return most;
  const perBurst = Math.round(meanRateOf(source.world) * source.world.burstEveryS);
  return perBurst <= most ? Math.floor(most / perBurst) * perBurst : most;
}

/** Learns the rate of a stream, and what is asked most often in it. */
async function lookAt(source: SourceSpec, count: number): Promise<Known> {
  const roots = new Map<string, { count: number; pattern: Known["busiest"] }>();
  let seen = 0;
  let firstMs = 0;
  let lastMs = 0;
  for await (const chunk of chunksOf(source, CALIBRATION_SEED, count)) {
    if (seen === 0) firstMs = chunk[0].startMs;
    seen += chunk.length;
    lastMs = chunk.at(-1)!.startMs;
    for (const { spans: [root] } of chunk) {
      const known = roots.get(root.name);
      if (known === undefined) roots.set(root.name, { count: 1, pattern: patternOf(root) });
      else known.count++;
    }
  }
  const { pattern: busiest } = [...roots.values()].reduce((a, b) => b.count > a.count ? b : a);
  return { ratePerS: seen / Math.max(0.001, (lastMs - firstMs) / 1000), busiest };
}

/** How a rule finds such a root. A server's span begins before its route is known, by which it is named. */
function patternOf({ name, attributes }: TrueSpan): Known["busiest"] {
  const { "http.route": route, "url.path": path } = attributes;
  if (typeof route !== "string" || path === undefined) return { name };
  return { attributes: { "url.path": route.replaceAll(/:\w+\??|\{[^}]*\}/g, "*") } };
}

/**
 * Sets each family so that it takes its budget: what a rule keeps by itself is measured first, then
 * the rest is set by a straight line, and set again by what that came to.
 *
 * @returns Undefined when it was aborted.
 */
export async function calibrate(
  pool: Pool,
  source: SourceSpec,
  traces: number,
  wanted: readonly Wanted[],
  equalBy: EqualBy,
  topology?: Job["topology"],
): Promise<Calibrated | undefined> {
  const count = tracesFor(source, traces);
  const known = await lookAt(source, count);
  const run = async (specs: readonly StrategySpec[]) => {
    const jobs = sharedOut(specs, pool.size).map((own): Job => ({
      source,
      seed: CALIBRATION_SEED,
      traces: count,
      specs: own,
      known,
      topology,
    }));
    const scores = await pool.run(jobs);
    if (scores.some((one) => one === undefined)) return undefined;
    return new Map(scores.flatMap((one) => one!.map((score) => [score.strategy, score])));
  };
  const takes = ({ bytesPerTrace, spansKept }: Score, by: EqualBy) =>
    by === "bytes" ? bytesPerTrace : spansKept;

  const families = [...new Set(wanted.map(({ family }) => family))].map(familyNamed);
  const bases = families.filter(({ hasBase }) => hasBase)
    .map(({ name }): StrategySpec => ({ name, kind: "family", family: name, setting: 0 }));
  const first = await run([ALWAYS_ON, ...bases]);
  if (first === undefined) return undefined;
  const whole = first.get(ALWAYS_ON.name)!;
  const lines = wanted.map((one): Line => {
    const { family, budget, name = nameAt(family, budget), equalBy: by = equalBy } = one;
    const base = first.get(family);
    return {
      by,
      whole: takes(whole, by),
      family: familyNamed(family),
      budget,
      name,
      base: base === undefined ? 0 : takes(base, by),
      target: budget * takes(whole, by),
    };
  });
  let tried = lines.map((line) => specOf(line, guessOf(line, known)));
  let rest = lines;
  const specs = new Map<string, StrategySpec>();
  for (let round = 0; round < ROUNDS && rest.length > 0; round++) {
    const scores = await run(tried);
    if (scores === undefined) return undefined;
    const again: [Line, FamilySpec][] = [];
    rest.forEach((line, index) => {
      const spec = tried[index];
      const taken = takes(scores.get(line.name)!, line.by);
      const better = setAgain(line, spec, taken);
      specs.set(line.name, better);
      const isOff = Math.abs(taken / line.target - 1) > NEAR;
      if (isOff && better.isOverBudget !== true) again.push([line, better]);
    });
    rest = again.map(([line]) => line);
    tried = again.map(([, spec]) => spec);
  }
  return { known, specs: lines.map(({ name }) => specs.get(name)!), whole };
}

/** Rounds of setting at most, and how near to the budget is near enough not to be looked at again. */
const ROUNDS = 3;
const NEAR = 0.1;

/** A straight line through what the rules take by themselves and what this setting took. */
function setAgain(line: Line, spec: FamilySpec, taken: number): FamilySpec {
  const { base, target } = line;
  if (base >= target) return { ...spec, isOverBudget: true };
  const more = taken - base;
  return specOf(line, more <= 0 ? spec.setting : spec.setting * (target - base) / more);
}

interface Line {
  readonly family: Family;
  readonly budget: number;
  readonly name: string;
  readonly by: EqualBy;
  /** What "always on" takes, what the rules take by themselves, and what is to be taken. */
  readonly whole: number;
  readonly base: number;
  readonly target: number;
}

function guessOf({ family, base, target, budget, whole }: Line, known: Known): number {
  if (!family.hasBase) return family.guess(budget, known);
  // Where rules alone take all of it, a little is left so that counts stay possible.
  return Math.max(budget / 100, (target - base) / Math.max(whole - base, target));
}

type FamilySpec = Extract<StrategySpec, { kind: "family" }>;

function specOf({ family, budget, name }: Line, setting: number): FamilySpec {
  const bounded = Math.min(family.max, Math.max(LEAST_PART, setting));
  return { name, budget, kind: "family", family: family.name, setting: rounded(bounded) };
}

/** As people write it: three digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** As many lists as there are threads, or fewer. */
function sharedOut<T>(all: readonly T[], lists: number): T[][] {
  const shared: T[][] = Array.from({ length: Math.min(lists, all.length) }, () => []);
  all.forEach((one, index) => shared[index % shared.length].push(one));
  return shared;
}
