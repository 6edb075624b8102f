/// <reference lib="dom" />
import { render, type VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Compare } from "./compare.tsx";
import { Graph } from "./graph.tsx";
import { HealthView } from "./health.tsx";
import { Heatmap } from "./heatmap.tsx";
import { Live } from "./live.tsx";
import { Logs } from "./logs.tsx";
import { Metrics } from "./metrics.tsx";
import { PlayView } from "./play.tsx";
import { Results } from "./results.tsx";
import { type Place, usePlace } from "./state.ts";
import { TraceView } from "./trace.tsx";
import { Traces } from "./traces.tsx";

const VIEWS: readonly [view: string, title: string][] = [
  ["traces", "Traces"],
  ["logs", "Logs"],
  ["services", "Services"],
  ["latency", "Latency"],
  ["metrics", "Metrics"],
  ["live", "Live"],
  ["compare", "Compare"],
  ["health", "Health"],
  ["play", "Play"],
  ["results", "Load tests"],
];

function App(): VNode {
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const where = `${place.view}/${place.id}`;
  useEffect(() => {
    const title = main.current?.querySelector("h1")?.textContent ?? place.view;
    document.title = `${title} · Sextant`;
    scrollTo(0, 0);
  }, [where]);
  const current = place.view === "trace" ? "traces" : place.view;
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <header>
        <span class="brand" aria-hidden="true">
          <svg viewBox="0 0 24 24" width="22" height="22">
            <path d="M12 3 3.5 17.5M12 3l8.5 14.5M3.5 17.5a17 17 0 0 0 17 0M12 3v12" />
            <circle cx="12" cy="3" r="1.6" />
          </svg>
        </span>
        <strong>Sextant</strong>
        <nav aria-label="Views">
          {VIEWS.map(([view, title]) => (
            <a key={view} href={`#/${view}`} aria-current={view === current ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <View place={place} />
      </main>
    </>
  );
}

function View({ place }: { place: Place }): VNode {
  switch (place.view) {
    case "traces":
      return <Traces place={place} />;
    case "trace":
      return <TraceView key={place.id} place={place} />;
    case "logs":
      return <Logs place={place} />;
    case "services":
      return <Graph />;
    case "latency":
      return <Heatmap place={place} />;
    case "metrics":
      return <Metrics place={place} />;
    case "live":
      return <Live />;
    case "compare":
      return <Compare place={place} />;
    case "health":
      return <HealthView />;
    case "play":
      return <PlayView />;
    case "results":
      return <Results />;
    default:
      return (
        <section>
          <h1>No such view</h1>
          <p class="empty">
            <a href="#/traces">Back to the traces</a>
          </p>
        </section>
      );
  }
}

const root = document.getElementById("app")!;
root.replaceChildren();
render(<App />, root);
