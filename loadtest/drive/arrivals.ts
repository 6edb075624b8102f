/**
 * The arrivals of a Poisson process: milliseconds from the start, ascending. Gaps are exponential,
 * by inversion (Devroye 1986, II.2), so that arrivals know nothing of each other or of the server.
 *
 * @param ratePerS Arrivals a second on average.
 */
export function poissonArrivals(
  ratePerS: number,
  durationMs: number,
  random: () => number,
): number[] {
  const arrivals: number[] = [];
  const gapMs = 1000 / ratePerS;
  let atMs = 0;
  while (true) {
    atMs -= Math.log(1 - random()) * gapMs;
    if (atMs >= durationMs) return arrivals;
    arrivals.push(atMs);
  }
}
