import type { Sink, SinkHost } from "../core/seams.ts";
import type { OpenSpans } from "./open_spans.ts";

/** A span that is open for so long at a flush was probably forgotten. */
const FORGOTTEN_MS = 60_000;
/** Names are told once; past so many no more. */
const TOLD_MAX = 100;

/**
 * Tells at a flush which spans have been open for over a minute, and at the end which are open at
 * all: by name, each name once. They are lost unless they are ended. It takes no records.
 */
export function leftOpen(shared: OpenSpans): Sink {
  const told = new Set<string>();
  let host: SinkHost | undefined;
  const tell = (leastMs: number, when: string): Promise<void> => {
    if (host?.report === undefined || shared.open === 0) return Promise.resolve();
    const names = shared.openNames(host.clock.monotonicMs() - leastMs);
    const untold = Object.entries(names).filter(([name]) => !told.has(name));
    if (untold.length > 0 && told.size < TOLD_MAX) {
      for (const [name] of untold) told.add(name);
      const list = untold.map(([name, count]) => `${JSON.stringify(name)} (${count})`).join(", ");
      host.report(`spans left open ${when}: ${list}; a span is sent when it is ended`);
    }
    return Promise.resolve();
  };
  return {
    name: "open spans",
    start: (given) => void (host = given),
    flush: () => tell(FORGOTTEN_MS, "for over a minute"),
    shutdown: () => tell(0, "at the end"),
  };
}
