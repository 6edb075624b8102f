/// <reference lib="dom" />
import { render, type VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Compare } from "./compare.tsx";
import { Graph } from "./graph.tsx";
import { HealthView } from "./health.tsx";
import { Heatmap } from "./heatmap.tsx";
import { Help } from "./help.tsx";
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

/** Digits go to the views, `/` to the search, `?` to the help; not while something is typed. */
function onKey(event: KeyboardEvent, showHelp: () => void): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (target.matches("input:not([type=checkbox], [type=radio]), select, textarea")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  const view = VIEWS["1234567890".indexOf(event.key)];
  if (/^\d$/.test(event.key) && target.closest("[role=tree]") === null) {
    location.hash = `#/${view[0]}`;
  } else if (event.key === "/") {
    document.querySelector<HTMLElement>("main input[type=search]")?.focus();
  } else if (event.key === "?") showHelp();
  else return;
  event.preventDefault();
}

function App(): VNode {
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const nav = useRef<HTMLElement>(null);
  const help = useRef<HTMLDialogElement>(null);
  const where = `${place.view}/${place.id}`;
  const current = place.view === "trace" ? "traces" : place.view;
  const showHelp = () => help.current?.showModal();
  useEffect(() => {
    const title = VIEWS.find(([view]) => view === current)?.[1] ?? place.view;
    document.title = `${place.id === "" ? title : `Trace ${place.id.slice(0, 8)}`} · Sextant`;
    scrollTo(0, 0);
    const link = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (link && nav.current) nav.current.scrollLeft = link.offsetLeft - nav.current.clientWidth / 3;
  }, [where]);
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event, showHelp);
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
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
        <a class="brand" href="#/traces" aria-label="Sextant: the traces">
          <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
            <path d="M12 3 3.5 17.5M12 3l8.5 14.5M3.5 17.5a17 17 0 0 0 17 0M12 3v12" />
            <circle cx="12" cy="3" r="1.6" />
          </svg>
          <strong>Sextant</strong>
        </a>
        <nav aria-label="Views" ref={nav}>
          {VIEWS.map(([view, title]) => (
            <a key={view} href={`#/${view}`} aria-current={view === current ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <button type="button" class="help-button" onClick={showHelp} aria-label="Keys and API">
          ?
        </button>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        <View key={place.view} place={place} />
      </main>
      <Help dialog={help} />
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
      return <Graph place={place} />;
    case "latency":
      return <Heatmap place={place} />;
    case "metrics":
      return <Metrics place={place} />;
    case "live":
      return <Live place={place} />;
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
