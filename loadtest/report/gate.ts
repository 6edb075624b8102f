import { type Comparison, type Plan, type Run, type Sample, SPIN_US } from "../model/model.ts";

type Arms = Comparison["arms"];

/** What the gate looks at. */
export interface GateParts {
  readonly plan: Plan;
  readonly run: Run | undefined;
  readonly arms: Arms;
  readonly samples: readonly Sample[];
}

/** The part by which a known cost may be missed. */
const SPIN_TOLERANCE = 0.1;
/** The part of requests that the generator may send late. */
const LATE_MAX = 0.02;
/** The part of its rate that an arm must answer. */
const ANSWERED_MIN = 0.9;
/** The part of time that the machine below may take away. */
const STOLEN_MAX = 0.1;

/**
 * The gate: why the numbers should not be believed, and what to change; nothing when they may.
 */
export function doubtsOf(parts: GateParts): string[] {
  return [
    ...sameArmDoubts(parts.arms, parts.plan),
    ...precisionDoubts(parts.arms, parts.plan),
    ...spinDoubts(parts.arms),
    ...designDoubts(parts.arms),
    ...loadDoubts(parts),
    ...lossDoubts(parts.arms),
  ];
}

/** The arm that is the first one again. */
function againOf(arms: Arms, plan: Plan): Arms[number] | undefined {
  return arms.find(({ arm }) => arm === `${plan.arms[0]} again`);
}

function sameArmDoubts(arms: Arms, plan: Plan): string[] {
  const again = againOf(arms, plan)?.againstFirstUs;
  if (again === undefined || again === null) return ["there is no A/A arm: add it"];
  return again.low > 0 || again.high < 0
    ? [
      `equal arms differ, by ${text(again)} µs: the machine, not the arms, made a difference; ` +
      "measure when it is quieter, or longer",
    ]
    : [];
}

/** An effect that equal arms differ by as well. */
function precisionDoubts(arms: Arms, plan: Plan): string[] {
  const again = againOf(arms, plan)?.againstFirstUs;
  if (again === undefined || again === null) return [];
  const claimed = arms
    .filter(({ arm, againstFirstUs: effect }) =>
      arm !== `${plan.arms[0]} again` && effect !== null && (effect.low > 0 || effect.high < 0)
    ).map(({ againstFirstUs }) => Math.abs(againstFirstUs!.estimate));
  const widest = Math.max(Math.abs(again.low), Math.abs(again.high));
  const least = Math.min(...claimed);
  return widest > least
    ? [
      `equal arms differ by up to ${widest.toFixed(2)} µs, and an effect of ${
        least.toFixed(2)
      } µs is claimed: measure more restarts`,
    ]
    : [];
}

/** A known cost must be found. */
function spinDoubts(arms: Arms): string[] {
  const found = arms.find(({ arm }) => arm === "spin")?.againstFirstUs;
  if (found === undefined || found === null) return [];
  const least = SPIN_US * (1 - SPIN_TOLERANCE);
  const most = SPIN_US * (1 + SPIN_TOLERANCE);
  return found.high < least || found.low > most
    ? [
      `a known cost of ${SPIN_US} µs was measured as ${text(found)}: CPU per request is not only ` +
      "what the arm does; load it less, in an open loop",
    ]
    : [];
}

type Effect = Arms[number]["againstFirstUs"];

/** Two designs, or two generators, that look at the same thing must see the same. */
function designDoubts(arms: Arms): string[] {
  return arms.flatMap(({ arm, againstFirstUs: slots, duetUs: duet, byK6 }) => {
    const k6 = byK6?.againstFirstUs ?? null;
    return [
      ...disagree(slots, duet, (a, b) => `${arm} costs ${a} µs alone and ${b} µs in a duet`),
      ...disagree(slots, k6, (a, b) => `${arm} costs ${a} µs by autocannon and ${b} µs by k6`),
    ];
  });
}

function disagree(a: Effect, b: Effect, say: (a: string, b: string) => string): string[] {
  return a !== null && b !== null && (a.low > b.high || a.high < b.low)
    ? [`${say(text(a), text(b))}: they disagree`]
    : [];
}

function loadDoubts({ plan, run, arms, samples }: GateParts): string[] {
  const reasons: string[] = [];
  const requests = samples.reduce((sum, one) => sum + one.requests, 0);
  const late = samples.reduce((sum, one) => sum + one.late, 0) / Math.max(1, requests);
  if (late > LATE_MAX) {
    reasons.push(
      `the generator sent ${percent(late)} of the requests late: it is saturated; lower --rate`,
    );
  }
  if (plan.load === "open") {
    const wanted = plan.design === "duet" ? plan.ratePerS / 2 : plan.ratePerS;
    const least = (plan.design === "both" ? wanted / 2 : wanted) * ANSWERED_MIN;
    for (const { arm, answeredPerS } of arms) {
      if (answeredPerS < least) {
        reasons.push(
          `${arm} answered ${answeredPerS.toFixed(0)} requests a second of ${plan.ratePerS}: it ` +
            "is saturated, and its cost that of a queue; lower --rate",
        );
      }
    }
  }
  if (run !== undefined && (run.stolen ?? 0) > STOLEN_MAX) {
    reasons.push(`${percent(run.stolen!)} of the time was taken by other machines: try later`);
  }
  return reasons;
}

function lossDoubts(arms: Arms): string[] {
  return arms.flatMap(({ arm, dropped, errors }) => [
    ...(dropped > 0 ? [`${arm} dropped ${dropped} records: its cost is not the whole cost`] : []),
    ...(errors > 0 ? [`${arm} answered ${errors} requests with an error, or never`] : []),
  ]);
}

function text({ estimate, low, high }: { estimate: number; low: number; high: number }): string {
  return `${estimate.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
