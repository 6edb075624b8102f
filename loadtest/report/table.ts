import { type Comparison, SPIN_US } from "../model/model.ts";

type Arm = Comparison["arms"][number];

const BAR_WIDTH = 24;

/** The comparison as lines of text: the verdict, then the A/A row, then the arms by cost. */
export function tableOf(comparison: Comparison): string[] {
  const { arms } = comparison;
  const [first] = arms;
  const againName = `${first.arm} again`;
  const hasDuet = arms.some(({ duetUs }) => duetUs !== null);
  const hasK6 = arms.some(({ byK6 }) => byK6 !== null);
  const cost = ({ arm, againstFirstUs }: Arm) =>
    arm === againName ? -Infinity : againstFirstUs?.estimate ?? -1e9;
  const sorted = arms.toSorted((a, b) => cost(a) - cost(b));
  const scale = scaleOf(arms);
  const header = [
    "arm",
    "µs/request",
    `more than ${first.arm}`,
    "95 % interval",
    ...(hasDuet ? ["in a duet"] : []),
    ...(hasK6 ? ["by k6", "95 % interval by k6"] : []),
    "",
    "bytes",
    "p50 ms",
    "p99 ms",
    "MiB",
  ];
  const rows = sorted.map((one) => [
    one.arm,
    one.cpuUsPerRequest.estimate.toFixed(1),
    one.againstFirstUs === null ? "" : signed(one.againstFirstUs.estimate),
    one.againstFirstUs === null
      ? ""
      : `${signed(one.againstFirstUs.low)} to ${signed(one.againstFirstUs.high)}`,
    ...(hasDuet ? [one.duetUs === null ? "" : signed(one.duetUs.estimate)] : []),
    ...(hasK6 ? byK6Of(one) : []),
    barOf(one.againstFirstUs, scale),
    one.bytesPerRequest.toFixed(0),
    (one.latencyUs.p50 / 1000).toFixed(2),
    (one.latencyUs.p99 / 1000).toFixed(2),
    one.rssMiB.toFixed(0),
  ]);
  const isLeft = (column: number) => column === 0 || header[column] === "";
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column].length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) =>
      isLeft(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
    ).join("  ").trimEnd();
  return [
    ...verdictOf(comparison),
    ...summaryOf(comparison),
    "",
    ...(comparison.isTrustworthy ? [] : ["These numbers are not trustworthy:"]),
    line(header),
    ...rows.map(line),
    "",
    ...noneOf(comparison),
  ];
}

/** What the second generator found. */
function byK6Of({ byK6 }: Arm): string[] {
  const effect = byK6?.againstFirstUs ?? null;
  return effect === null
    ? [byK6 === null ? "" : `${byK6.cpuUsPerRequest.estimate.toFixed(1)}/request`, ""]
    : [signed(effect.estimate), `${signed(effect.low)} to ${signed(effect.high)}`];
}

/** What is told of a comparison that the gate refuses: no number. */
export function refusalOf(comparison: Comparison): string[] {
  return [...verdictOf(comparison), ...summaryOf(comparison)];
}

/** Whether the numbers may be believed. */
export function verdictOf({ arms, reasons, isTrustworthy }: Comparison): string[] {
  if (!isTrustworthy) return reasons.map((reason) => `NOT TRUSTWORTHY: ${reason}`);
  const hasSpin = arms.some(({ arm }) => arm === "spin");
  const hasDuet = arms.some(({ duetUs }) => duetUs !== null);
  const busy = Math.max(...arms.map(({ generatorBusy }) => generatorBusy ?? 0));
  return [
    `The gate is passed: equal arms don't differ${
      hasSpin ? `, a known cost of ${SPIN_US} µs is found` : ""
    }${hasDuet ? ", two designs agree" : ""}, nothing drifts, nothing was dropped${
      busy === 0 ? "" : `, the generator was busy for ${(busy * 100).toFixed(0)} % of its core`
    }.`,
  ];
}

/** What was measured, and how. */
export function summaryOf(comparison: Comparison): string[] {
  const { requests, blocks, restarts, seconds, load, run } = comparison;
  const { stolen, environment, endedBy } = run;
  return [
    `${requests.toLocaleString("en")} requests, ${blocks} blocks in ${restarts} restarts, ` +
    `${seconds.toFixed(0)} s of load (${endedBy}); ${load}`,
    `CPU from ${environment.cpuSource}` +
    (stolen === null ? "" : `; ${(stolen * 100).toFixed(1)} % stolen`) +
    "; latency from when each request was due; each arm is a process" +
    (environment.isPreferred ? ", preferred to all others" : ""),
    ...ownMemoryOf(comparison),
  ];
}

/** The arms that cost nothing that matters, and the least that could have been found. */
function ownMemoryOf({ ownRssMiB }: Comparison): string[] {
  const [first, last] = [ownRssMiB[0], ownRssMiB.at(-1)];
  if (first === undefined || last === undefined) return [];
  const of = ({ requests, rssMiB }: typeof first) =>
    `${rssMiB.toFixed(0)} MiB after ${requests.toLocaleString("en")}`;
  return [`the load test's own memory: ${of(first)} requests, ${of(last)}`];
}

function noneOf({ arms }: Comparison): string[] {
  const none = arms.filter(({ isEquivalent }) => isEquivalent === true).map(({ arm }) => arm);
  const least = Math.max(...arms.map(({ detectableUs }) => detectableUs ?? 0));
  return [
    ...(none.length === 0 ? [] : [`No overhead above the margin: ${none.join(", ")}`]),
    `An effect of ${least.toFixed(1)} µs is found four times of five in every arm.`,
  ];
}

interface Scale {
  readonly from: number;
  readonly to: number;
}

function scaleOf(arms: readonly Arm[]): Scale {
  const all = arms.flatMap(({ againstFirstUs: one }) => one === null ? [] : [one.low, one.high]);
  return { from: Math.min(0, ...all), to: Math.max(1, ...all) };
}

/** The interval as a bar: `·` at 0, `─` from low to high, `●` at the estimate. */
function barOf(effect: Arm["againstFirstUs"], { from, to }: Scale): string {
  if (effect === null) return "";
  const at = (value: number) => Math.round((value - from) / (to - from) * (BAR_WIDTH - 1));
  const cells = Array<string>(BAR_WIDTH).fill(" ");
  cells[at(0)] = "·";
  for (let cell = at(effect.low); cell <= at(effect.high); cell++) cells[cell] = "─";
  cells[at(effect.estimate)] = "●";
  return cells.join("");
}

function signed(value: number): string {
  return `${value >= 0 ? "+" : ""}${value.toFixed(1)}`;
}
