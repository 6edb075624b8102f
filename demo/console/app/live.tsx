/// <reference lib="dom" />
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { TraceTable } from "./traces.tsx";
import type { Trace } from "./types.ts";

/** Traces shown at most. */
const SHOWN_MAX = 100;
/** Traces kept while paused; more are counted and left out. */
const HELD_MAX = 500;

/** Traces as they come. */
export function Live(): VNode {
  const [traces, setTraces] = useState<readonly Trace[]>([]);
  const [isPaused, setPaused] = useState(false);
  const [isOpen, setOpen] = useState(false);
  const [held, setHeld] = useState<readonly Trace[]>([]);
  const [dropped, setDropped] = useState(0);
  const paused = useRef(isPaused);
  paused.current = isPaused;
  useEffect(() => {
    const source = new EventSource("/api/live");
    source.onopen = () => setOpen(true);
    source.onerror = () => setOpen(false);
    source.onmessage = (event) => {
      const { traces: fresh, dropped: lost } = JSON.parse(event.data) as {
        traces: Trace[];
        dropped: number;
      };
      if (lost > 0) setDropped((count) => count + lost);
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
  }, []);
  const toggle = () => {
    if (isPaused) setTraces([...held, ...traces].slice(0, SHOWN_MAX));
    setHeld([]);
    setPaused(!isPaused);
  };
  return (
    <section aria-labelledby="title">
      <h1 id="title">Live</h1>
      <div class="filters">
        <button type="button" onClick={toggle} aria-pressed={isPaused}>
          {isPaused ? `Resume (${held.length} waiting)` : "Pause"}
        </button>
        <span role="status" class="meta">
          {isOpen ? "connected" : "not connected"}, {dropped} left out
        </span>
      </div>
      {traces.length === 0
        ? <p class="empty">Waiting for the next trace…</p>
        : <TraceTable traces={traces} />}
    </section>
  );
}
