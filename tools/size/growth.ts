import type { Size } from "./weigh.ts";

/** What cases weighed when the baseline was saved, by their names. */
export type Baseline = Readonly<Record<string, Pick<Size, "gzippedBytes" | "modules">>>;

/** How a module has changed. */
export interface Change {
  readonly path: string;
  /** Minified bytes in the baseline; 0 when it is new. */
  readonly beforeBytes: number;
  /** Minified bytes now; 0 when it is gone. */
  readonly nowBytes: number;
}

/** The modules that weigh something else than in the baseline, what grew most first. */
export function changesOf(size: Size, baseline: Baseline): Change[] {
  const before = baseline[size.name]?.modules ?? {};
  return [...new Set([...Object.keys(size.modules), ...Object.keys(before)])]
    .map((path) => ({
      path,
      beforeBytes: before[path] ?? 0,
      nowBytes: size.modules[path] ?? 0,
    }))
    .filter(({ beforeBytes, nowBytes }) => beforeBytes !== nowBytes)
    .sort((a, b) => (b.nowBytes - b.beforeBytes) - (a.nowBytes - a.beforeBytes));
}

/** Sizes as a baseline. */
export function baselineOf(sizes: readonly Size[]): Baseline {
  return Object.fromEntries(
    sizes.map(({ name, gzippedBytes, modules }) => [name, { gzippedBytes, modules }]),
  );
}
