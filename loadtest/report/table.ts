import { type Comparison, SPIN_US } from "../model/model.ts";

/** The comparison as lines of text: the verdict, then the A/A row, then the arms. */
export function tableOf(comparison: Comparison): string[] {
  const { arms, reasons, requests, blocks, restarts, seconds, cpuSource, endedBy } = comparison;
  const header = [
    "arm",
    "µs/request",
    "against off",
    "95 % interval",
    "bytes",
    "p50",
    "p99",
    "MiB",
  ];
  const sorted = arms.toSorted((a, b) =>
    Number(b.arm === "off again") - Number(a.arm === "off again")
  );
  const rows = sorted.map((one) => {
    const against = one.againstOffUs;
    return [
      one.arm,
      one.cpuUsPerRequest.estimate.toFixed(2),
      against === null ? "" : signed(against.estimate),
      against === null ? "" : `${signed(against.low)} to ${signed(against.high)}`,
      one.bytesPerRequest.toFixed(0),
      `${one.p50Us} µs`,
      `${one.p99Us} µs`,
      one.rssMiB.toFixed(0),
    ];
  });
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column].length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])
    )
      .join("  ").trimEnd();
  const verdict = reasons.length === 0
    ? `A/A covers 0, nothing dropped${
      arms.some(({ arm }) => arm === "spin") ? `, a known cost of ${SPIN_US} µs is found` : ""
    }.`
    : `NOT TRUSTWORTHY: ${reasons.join("; ")}`;
  return [
    verdict,
    `${requests.toLocaleString("en")} requests, ${blocks} blocks in ${restarts} restarts, ${
      seconds.toFixed(0)
    } s of load ` +
    `(${endedBy}); CPU from ${cpuSource}`,
    "closed loop, the server's core saturated: p50 and p99 hold the queue; each arm is a process",
    "",
    line(header),
    ...rows.map(line),
  ];
}

function signed(value: number): string {
  return `${value >= 0 ? "+" : ""}${value.toFixed(2)}`;
}
