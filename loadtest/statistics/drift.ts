import { mean } from "./bootstrap.ts";
import { type Effect, effectOf, restartEffect } from "./restarts.ts";

/** The change from the first to the last of evenly spaced values, by least squares. */
export function changeOf(values: readonly number[]): number {
  const last = values.length - 1;
  if (last < 1) return 0;
  const middle = last / 2;
  const level = mean(values);
  let products = 0;
  let squares = 0;
  values.forEach((value, index) => {
    products += (index - middle) * (value - level);
    squares += (index - middle) ** 2;
  });
  return products / squares * last;
}

/** So many restarts there must be for their changes to be held against how they differ. */
const RESTARTS_MIN = 3;
/** A single restart is cut into so many chunks: their means hang together less than blocks do. */
const CHUNKS = 8;

/**
 * How much values change from the first to the last block of a restart, with what can be said of
 * it; undefined where there are too few blocks. With one or two restarts it is a line through the
 * means of eight chunks of the longest, and how far they are from it.
 */
export function driftOf(restarts: readonly (readonly number[])[]): Effect | undefined {
  const whole = restarts.filter((values) => values.length > 2);
  if (whole.length >= RESTARTS_MIN) return restartEffect(whole.map((own) => [changeOf(own)]));
  const longest = whole.toSorted((a, b) => b.length - a.length)[0] ?? [];
  const size = Math.floor(longest.length / CHUNKS);
  if (size < 1) return undefined;
  return lineOf(
    Array.from(
      { length: CHUNKS },
      (_, chunk) => mean(longest.slice(chunk * size, (chunk + 1) * size)),
    ),
  );
}

/** The change along a line through evenly spaced values, with Student's t over what is off it. */
function lineOf(values: readonly number[]): Effect {
  const last = values.length - 1;
  const estimate = changeOf(values);
  const level = mean(values);
  const degrees = values.length - 2;
  let off = 0;
  let squares = 0;
  values.forEach((value, index) => {
    off += (value - level - estimate * (index / last - 0.5)) ** 2;
    squares += (index / last - 0.5) ** 2;
  });
  return effectOf(estimate, Math.sqrt(off / degrees / squares), degrees);
}
