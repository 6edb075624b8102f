import type { Layer, Sink } from "../core/seams.ts";

/**
 * Puts layers before a sink: `pipe(filter, redact, sink)` hands a record to `filter` first. What a
 * layer does not say itself goes on to the next: one that changes spans need not mention lines.
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
    return layered(layer(next), next);
  }, sink as Sink);
}

/** A layer's own methods, and those of the next sink for all others. */
function layered(own: Sink, next: Sink): Sink {
  return {
    name: own.name ?? next.name,
    isTimeCoarse: own.isTimeCoarse ?? next.isTimeCoarse,
    start: bound(own, next, "start"),
    onSpan: bound(own, next, "onSpan"),
    onLog: bound(own, next, "onLog"),
    onMetrics: bound(own, next, "onMetrics"),
    flush: bound(own, next, "flush"),
    shutdown: bound(own, next, "shutdown"),
    health: bound(own, next, "health"),
  };
}

type Method = "start" | "onSpan" | "onLog" | "onMetrics" | "flush" | "shutdown" | "health";

function bound<M extends Method>(own: Sink, next: Sink, method: M): Sink[M] {
  const sink = own[method] === undefined ? next : own;
  return sink[method]?.bind(sink as never) as Sink[M];
}
