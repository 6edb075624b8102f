/** How many of the last rounds are held against as many before them. */
const WINDOW = 4;

/**
 * Says whether a process has warmed up: the least of its last four rounds is no longer lower than
 * that of the four before by more than `tolerance`. The least, because whatever else runs on a
 * machine only adds to a round; a tenth, because what is sought is the fall while code is compiled
 * (Barrett et al. 2017, "Virtual machine warmup blows hot and cold").
 */
export function isSteady(rounds: readonly number[], tolerance = 0.1): boolean {
  if (rounds.length < 2 * WINDOW) return false;
  const before = Math.min(...rounds.slice(-2 * WINDOW, -WINDOW));
  return Math.min(...rounds.slice(-WINDOW)) >= before * (1 - tolerance);
}
