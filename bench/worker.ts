/** Times one case in a process of its own and prints nanoseconds an operation. */
import { CASES } from "./cases/all.ts";

const WARM_UP_MS = 300;
const SAMPLE_MS = 60;
const SAMPLES = 9;

const [group, name] = Deno.args;
const found = CASES.find((one) => one.group === group && one.name === name);
if (found === undefined) throw new RangeError(`no case ${name} in ${group}`);
const work = found.setup();

function nsPerOperation(count: number): number {
  const startMs = performance.now();
  work(count);
  return (performance.now() - startMs) * 1e6 / count;
}

let count = 1000;
const warmUntilMs = performance.now() + WARM_UP_MS;
let ns = nsPerOperation(count);
while (performance.now() < warmUntilMs) {
  count = Math.max(1000, Math.round(SAMPLE_MS * 1e6 / ns / 4));
  ns = nsPerOperation(count);
}
count = Math.max(1000, Math.round(SAMPLE_MS * 1e6 / ns));
const samples = Array.from({ length: SAMPLES }, () => nsPerOperation(count));
console.log(JSON.stringify(samples));
