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
  const targets = sinks.filter((sink) => sink[method]).map((sink) => {
    const take = (sink[method] as (record: unknown) => void).bind(sink);
    return (record: unknown) => {
      try {
        take(record);
      } catch {
        onError();
      }
    };
  });
  return (targets.length < 2 ? targets[0] : (record: unknown) => {
    for (const target of targets) target(record);
  }) as Take<K> | undefined;
}
