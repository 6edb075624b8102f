/// <reference lib="dom" />
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Empty, Select, ServiceSelect, Text } from "./parts.tsx";
import type { Place } from "./state.ts";
import { TraceTable } from "./traces.tsx";
import type { Trace } from "./types.ts";

/** Traces shown at most. */
const SHOWN_MAX = 100;
/** Traces kept while paused; more are counted and left out. */
const HELD_MAX = 500;
const STATUSES = ["", "ok", "error", "4xx", "5xx"].map((one) => [one, one || "all"] as const);

/** Traces as they come. */
export function Live({ place }: { place: Place }): VNode {
  const [traces, setTraces] = useState<readonly Trace[]>([]);
  const [isPaused, setPaused] = useState(false);
  const [isOpen, setOpen] = useState(false);
  const [held, setHeld] = useState<readonly Trace[]>([]);
  const [dropped, setDropped] = useState(0);
  const paused = useRef(isPaused);
  paused.current = isPaused;
  const query = place.params.toString();
  useEffect(() => {
    setTraces([]);
    setHeld([]);
    const source = new EventSource(`/api/live?${query}`);
    source.onopen = () => setOpen(true);
    source.onerror = () => setOpen(false);
    source.onmessage = (event) => {
      const { traces: fresh, dropped: lost } = JSON.parse(event.data) as {
        traces: Trace[];
        dropped: number;
      };
      if (lost > 0) setDropped((count) => count + lost);
      if (fresh.length === 0) return;
      if (!paused.current) {
        setTraces((shown) => [...fresh.toReversed(), ...shown].slice(0, SHOWN_MAX));
        return;
      }
      setHeld((kept) => {
        const all = [...fresh.toReversed(), ...kept];
        if (all.length > HELD_MAX) setDropped((count) => count + all.length - HELD_MAX);
        return all.slice(0, HELD_MAX);
      });
    };
    return () => source.close();
  }, [query]);
  const toggle = () => {
    if (isPaused) setTraces([...held, ...traces].slice(0, SHOWN_MAX));
    setHeld([]);
    setPaused(!isPaused);
  };
  return (
    <section aria-labelledby="title">
      <h1 id="title">Live</h1>
      <form class="filters" onSubmit={(event) => event.preventDefault()} aria-label="Filters">
        <button type="button" class="main" onClick={toggle} aria-pressed={isPaused}>
          {isPaused ? `Resume (${held.length} waiting)` : "Pause"}
        </button>
        <ServiceSelect place={place} />
        <Select place={place} name="status" label="Status" options={STATUSES} />
        <Text place={place} name="slowerThan" label="Slower than, ms" type="number" />
        <p class="meta" role="status">
          <span class={`light ${isOpen ? isPaused ? "paused" : "on" : "off"}`} aria-hidden="true" />
          {isOpen ? isPaused ? "paused" : "connected" : "not connected"}, {dropped} left out
        </p>
      </form>
      {traces.length === 0
        ? <Empty title="Waiting for the next trace">They are shown a second after their end.</Empty>
        : <TraceTable traces={traces} />}
    </section>
  );
}
