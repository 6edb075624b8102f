/** `deno task test:faults`: what must be survived, and what became of every record. */
import { FAULT_ROWS, type FaultTally, meet } from "./fault_cases.ts";
import { HAZARD_ROWS } from "./hazard_cases.ts";

const HELP =
  `Lets a telemetry meet every fault, against a server on loopback that fails as it is told,
and prints what became of what was recorded: created = delivered + dropped + queued.

  deno task test:faults
      --json`;

interface Line extends FaultTally {
  /** What was wrong; undefined when all was as it must be. */
  readonly problem?: string;
}

async function tallied(
  name: string,
  run: () => Promise<readonly FaultTally[]>,
): Promise<Line[]> {
  try {
    return (await run()).map((tally) => ({ ...tally, name }));
  } catch (error) {
    const books = { created: 0, delivered: 0, dropped: {}, queued: 0 } as FaultTally["books"];
    return [{ name, books, requests: 0, problem: String(error) }];
  }
}

function holds({ books: { created, delivered, dropped, queued } }: Line): boolean {
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return created === delivered + lost + queued;
}

function lineOf(line: Line): string {
  const { name, books, requests, problem } = line;
  const { created, delivered, dropped, queued } = books;
  const reasons = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`);
  const numbers = [requests, created, delivered].map((count) => String(count).padStart(10));
  return `${name.slice(0, 86).padEnd(87)}${numbers.join("")}  ${
    (reasons.join(", ") || "0").padEnd(30)
  } ${String(queued).padStart(6)}  ${problem ?? (holds(line) ? "holds" : "BROKEN")}`;
}

if (import.meta.main) {
  const isJson = Deno.args.includes("--json");
  const wrong = Deno.args.find((arg) => arg !== "--json");
  if (wrong !== undefined) {
    console.log(HELP);
    Deno.exit(wrong === "--help" ? 0 : 2);
  }
  const lines: Line[] = [];
  for (const row of FAULT_ROWS) {
    lines.push(...await tallied(row.name, async () => [await meet(row)]));
  }
  for (const { name, run } of HAZARD_ROWS) lines.push(...await tallied(name, run));
  if (isJson) console.log(JSON.stringify(lines, null, 2));
  else {
    const heads = ["requests", "created", "delivered"].map((text) => text.padStart(10)).join("");
    console.log(`${"".padEnd(87)}${heads}  ${"dropped".padEnd(30)} queued  the law`);
    for (const line of lines) console.log(lineOf(line));
  }
  Deno.exit(lines.every((line) => line.problem === undefined && holds(line)) ? 0 : 1);
}
