/**
 * Times one case in a process of its own and prints nanoseconds an operation; with `--heap` behind
 * its name, the bytes by which heap and buffers have grown after a million; with `--held` the bytes
 * of each of so many as are held.
 */
import { CASES } from "./cases/all.ts";

const WARM_UP_MS = 300;
const SAMPLE_MS = 60;
const SAMPLES = 9;

const MILLION = 1_000_000;
const GROWTHS = 5;

const [group, name, mode] = Deno.args;
const found = CASES.find((one) => one.group === group && one.name === name);
if (found === undefined) throw new RangeError(`no case ${name} in ${group}`);
const work = await found.setup();

async function nsPerOperation(count: number): Promise<number> {
  const startMs = performance.now();
  await work(count);
  return (performance.now() - startMs) * 1e6 / count;
}

async function times(): Promise<number[]> {
  let count = 1000;
  const warmUntilMs = performance.now() + WARM_UP_MS;
  let ns = await nsPerOperation(count);
  while (performance.now() < warmUntilMs) {
    count = Math.max(1000, Math.round(SAMPLE_MS * 1e6 / ns / 4));
    ns = await nsPerOperation(count);
  }
  count = Math.max(1000, Math.round(SAMPLE_MS * 1e6 / ns));
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) samples.push(await nsPerOperation(count));
  return samples;
}

/** Bytes that are still in use after a full collection. */
function usedBytes(): number {
  (globalThis as unknown as { gc(): void }).gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** By how much a million grow what is in use: the first million warms up. */
async function growths(): Promise<number[]> {
  await work(MILLION);
  const bytes: number[] = [];
  for (let round = 0; round < GROWTHS; round++) {
    const before = usedBytes();
    await work(MILLION);
    bytes.push(usedBytes() - before);
  }
  return bytes;
}

/** Bytes of each of those that are held; what is made first has warmed up and is held as well. */
async function held(many: number): Promise<number[]> {
  await work(1000);
  const before = usedBytes();
  await work(many);
  return [(usedBytes() - before) / many];
}

const measure = mode === "--heap"
  ? growths()
  : mode === "--held"
  ? held(found.holds ?? MILLION)
  : times();
console.log(JSON.stringify(await measure));
// What a case has open may not keep the process.
Deno.exit(0);
