import type { Interval } from "../statistics/bootstrap.ts";
import type { Checked, LiveResults } from "./live.ts";

const range = ({ estimate, low, high }: Interval, digits: number) =>
  `${estimate.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;

function cells(one: Checked, digits: number): string[] {
  return [
    range(one.predicted, digits),
    range(one.measured, digits),
    one.agrees ? "agrees" : "DIFFERS",
  ];
}

/** A live run for people. */
export function liveTable(results: LiveResults): string[] {
  const header = [
    "strategy",
    "spans predicted",
    "the sink received",
    "",
    "bytes predicted",
    "the sink received",
    "",
    "µs/request",
    "MiB",
  ];
  const rows = results.strategies.map((one) => [
    one.strategy,
    ...cells(one.spansPerRequest, 3),
    ...cells(one.bytesPerRequest, 1),
    range(one.cpuUsPerRequest, 1),
    one.rssMiB.toFixed(0),
  ]);
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column].length))
  );
  const checks = results.strategies.flatMap((one) => [one.spansPerRequest, one.bytesPerRequest]);
  const agreed = checks.filter(({ agrees }) => agrees).length;
  return [
    `${results.requests.toLocaleString("en")} requests at ${
      results.ratePerS.toLocaleString("en")
    } a second, a request of the shop's to each strategy in turn` +
    (results.isWhole ? "" : " (ended early)"),
    ...results.isTrustworthy
      ? ["A/A covers 0: what CPU costs can be believed."]
      : ["CPU costs are not trustworthy:", ...results.reasons.map((one) => `  ${one}`)],
    "",
    ...[header, ...rows].map((row) =>
      row.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])
      ).join("  ").trimEnd()
    ),
    "",
    `${agreed} of ${checks.length} predictions agree with what the sink received: they differ by less ` +
    "than 3 %, or than chance explains (99.7 %); intervals are those of 95 %",
    "Spans and bytes are a request's, those that were not kept included; µs are beyond recording nothing",
  ];
}
