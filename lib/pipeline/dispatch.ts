import type { Sink } from "../core/seams.ts";

type Take<K extends "onSpan" | "onLog"> = NonNullable<Sink[K]>;

/**
 * Hands records to every sink that wants them, and lets none harm another or the user; undefined
 * when none wants any.
 */
export function fanOut<K extends "onSpan" | "onLog">(
  sinks: readonly Sink[],
  method: K,
  onError: () => void,
): Take<K> | undefined {
  const targets = sinks.filter((sink) => sink[method] !== undefined)
    .map((sink) => (sink[method] as (record: unknown) => void).bind(sink));
  const [only] = targets;
  if (targets.length < 2) {
    return only && ((record: unknown) => {
      try {
        only(record);
      } catch {
        onError();
      }
    }) as Take<K>;
  }
  return ((record: unknown) => {
    for (const target of targets) {
      try {
        target(record);
      } catch {
        onError();
      }
    }
  }) as Take<K>;
}
