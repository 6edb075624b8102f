import type { Layer, Sink } from "../core/seams.ts";

/**
 * Puts layers before a sink: `pipe(filter, redact, sink)` hands a record to `filter` first.
 *
 * @throws {TypeError} When the last part is not a sink or another is not a layer.
 */
export function pipe(...parts: readonly [...Layer[], Sink]): Sink {
  const sink: unknown = parts.at(-1);
  if (typeof sink !== "object" || sink === null) {
    throw new TypeError(`pipe(): the last part is ${typeof sink}, allowed is a sink`);
  }
  return parts.slice(0, -1).reduceRight<Sink>((next, layer, index) => {
    if (typeof layer !== "function") {
      throw new TypeError(
        `pipe(): part ${index + 1} is ${typeof layer}, allowed is a layer: (next: Sink) => Sink`,
      );
    }
    return layer(next);
  }, sink as Sink);
}
