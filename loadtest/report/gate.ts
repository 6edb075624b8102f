import {
  type Comparison,
  DUET_SLOTS,
  type Plan,
  type Run,
  type Sample,
  SPIN_US,
} from "../model/model.ts";

type Arms = Comparison["arms"];

/** What the gate looks at. */
export interface GateParts {
  readonly plan: Plan;
  readonly run: Run | undefined;
  readonly arms: Arms;
  readonly samples: readonly Sample[];
}

/** The part of its core that the generator, with the sink beside it, may be busy. */
const BUSY_MAX = 0.8;
/** A sink that uses more of a core answers late, and what is exported waits. */
const SINK_BUSY_MAX = 0.5;
/** The part of its own cost by which an arm may change within a restart, where there is a trend. */
const DRIFT_MAX = 0.1;
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
    ...designDoubts(parts.arms, parts.plan),
    ...driftDoubts(parts.arms, parts.plan),
    ...generatorDoubts(parts),
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

/** A known cost must be found, and so exactly that it could have been missed. */
function spinDoubts(arms: Arms): string[] {
  const found = arms.find(({ arm }) => arm === "spin")?.againstFirstUs;
  if (found === undefined || found === null) return [];
  const least = SPIN_US * (1 - SPIN_TOLERANCE);
  const most = SPIN_US * (1 + SPIN_TOLERANCE);
  if (found.estimate >= least && found.estimate <= most) return [];
  const isOff = found.high < least || found.low > most;
  return [
    `a known cost of ${SPIN_US} µs was measured as ${text(found)}: ` +
    (isOff
      ? "CPU per request is not only what the arm does; load it less, in an open loop"
      : "that is not exact enough; measure more restarts, or when it is quieter"),
  ];
}

type Effect = Arms[number]["againstFirstUs"];

/**
 * Two designs, or two generators, that look at the same thing must see the same: within their
 * intervals, or within what counts as no effect, since a long run's intervals become as narrow as
 * what a duet does to a cache.
 */
function designDoubts(arms: Arms, { deltaUs }: Plan): string[] {
  return arms.flatMap(({ arm, againstFirstUs: slots, duetUs: duet, byK6 }) => [
    ...disagree(slots, duet, deltaUs, (a, b) => `${arm} costs ${a} µs alone and ${b} µs in a duet`),
    ...disagree(
      slots,
      byK6?.againstFirstUs ?? null,
      deltaUs,
      (a, b) => `${arm} costs ${a} µs by autocannon and ${b} µs by k6`,
    ),
  ]);
}

function disagree(
  a: Effect,
  b: Effect,
  deltaUs: number,
  say: (a: string, b: string) => string,
): string[] {
  return a !== null && b !== null && (a.low > b.high || a.high < b.low) &&
      Math.abs(a.estimate - b.estimate) > deltaUs
    ? [
      `${say(text(a), text(b))}: they disagree, so one of them measures something else as well; ` +
      "lower --rate, or measure when it is quieter",
    ]
    : [];
}

/** A cost that changes while it is measured is none of both. */
function driftDoubts(arms: Arms, { deltaUs }: Plan): string[] {
  return arms.flatMap(({ arm, driftUs: drift, isDrifting, cpuUsPerRequest }, index) => {
    const least = Math.max(deltaUs, DRIFT_MAX * cpuUsPerRequest.estimate);
    if (drift === null || !isDrifting || Math.abs(drift.estimate) < least) return [];
    return [
      `${arm} drifts: within a restart ${
        index === 0 ? "its cost" : "what it costs more"
      } changes ` +
      `by ${text(drift)} µs; warm it up longer, or find what grows`,
    ];
  });
}

/** A generator, or a sink, that has too much to do measures itself. */
function generatorDoubts({ plan, arms, run }: GateParts): string[] {
  return arms.flatMap(({ arm, generatorBusy, sinkBusy, unsent }) => {
    const beside = run?.environment.isPinned === true ? sinkBusy ?? 0 : 0;
    const busy = (generatorBusy ?? 0) + beside;
    const slower = plan.load === "open" ? "lower --rate" : "use --load open at a rate below it";
    return [
      ...(busy > BUSY_MAX
        ? [
          `the generator was busy for ${percent(busy)} of its core while ${arm} was measured ` +
          `(${percent(BUSY_MAX)} is allowed, the sink beside it included): ${slower}`,
        ]
        : []),
      ...((sinkBusy ?? 0) > SINK_BUSY_MAX
        ? [`the sink was busy for ${percent(sinkBusy!)} of a core with ${arm}: ${slower}`]
        : []),
      ...(unsent > 0
        ? [`${unsent} requests to ${arm} were due and never sent: it did not answer; lower --rate`]
        : []),
    ];
  });
}

function loadDoubts({ plan, run, arms, samples }: GateParts): string[] {
  const reasons: string[] = [];
  const own = samples.filter(({ design }) => design !== "curve");
  const requests = own.reduce((sum, one) => sum + one.requests, 0);
  const late = own.reduce((sum, one) => sum + one.late, 0) / Math.max(1, requests);
  if (late > LATE_MAX) {
    reasons.push(
      `the generator sent ${percent(late)} of the requests late: ` +
        (arms.some(({ generatorBusy }) => (generatorBusy ?? 1) > BUSY_MAX)
          ? "it is saturated; lower --rate"
          : "other programs had its core; stop them, or run as root, which is preferred to them"),
    );
  }
  if (plan.load === "open") {
    for (const { arm } of arms) {
      const slots = own.filter((one) => one.arm === arm && one.requests > 0);
      // A duet is longer than a slot, at as much less of the rate.
      const dueSeconds = slots.reduce((sum, { design }) => sum + secondsOf(plan, design), 0);
      const due = slots.reduce(
        (sum, { design, ratePerS }) => sum + ratePerS! * secondsOf(plan, design),
        0,
      );
      const wanted = due / dueSeconds;
      const seconds = slots.reduce((sum, one) => sum + one.seconds, 0);
      const answered = slots.reduce((sum, one) => sum + one.requests, 0) / seconds;
      if (answered < wanted * ANSWERED_MIN) {
        reasons.push(
          `${arm} answered ${answered.toFixed(0)} requests a second of ${wanted.toFixed(0)}: it ` +
            "is saturated, and its cost that of a queue; lower --rate",
        );
      }
    }
  }
  if (run !== undefined && (run.stolen ?? 0) > STOLEN_MAX) {
    reasons.push(`${percent(run.stolen!)} of the time was taken by other machines: measure later`);
  }
  return reasons;
}

function secondsOf({ slotMs }: Plan, design: Sample["design"]): number {
  return slotMs / 1000 * (design === "duet" ? DUET_SLOTS : 1);
}

function lossDoubts(arms: Arms): string[] {
  return arms.flatMap(({ arm, dropped, errors, missing }) => {
    const reasons = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`);
    return [
      ...(reasons.length > 0
        ? [
          `${arm} dropped records (${reasons.join(", ")}): its cost is not the whole cost; lower ` +
          "--rate, or let it queue more",
        ]
        : []),
      ...(missing !== 0
        ? [
          `${arm} says that ${Math.abs(missing)} records ${missing > 0 ? "more" : "fewer"} were ` +
          "delivered than the sink has: what it exports is not what it says",
        ]
        : []),
      ...(errors > 0
        ? [`${arm} answered ${errors} requests with an error, or never: see what it logs`]
        : []),
    ];
  });
}

function text({ estimate, low, high }: { estimate: number; low: number; high: number }): string {
  return `${estimate.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
