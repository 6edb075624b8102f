/// <reference lib="dom" />
import { useEffect, useState } from "preact/hooks";

/** Where the page is: a view and its parameters, kept in the address so that it can be shared. */
export interface Place {
  readonly view: string;
  readonly id: string;
  readonly params: URLSearchParams;
}

function read(): Place {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, id = ""] = path.split("/");
  return { view: view || "traces", id, params: new URLSearchParams(query) };
}

/** The present place; the view is drawn anew when it changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const changed = () => setPlace(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return place;
}

/** Parameters of a view. */
export type Params = Readonly<Record<string, string | undefined>>;

/** The address of a view. */
export function href(path: string, params: Params = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return `#/${path}${text === "" ? "" : `?${text}`}`;
}

/**
 * Changes some parameters of the present view, in the address. A view that the reader has left
 * changes nothing: what it does late, as on a busy machine, would bring them back.
 */
export function change({ view, id }: Place, changes: Params): void {
  // The address may be ahead of what is drawn: two fields changed at once, or another view wanted.
  const now = read();
  if (now.view !== view || now.id !== id) return;
  location.replace(
    href(id === "" ? view : `${view}/${id}`, { ...Object.fromEntries(now.params), ...changes }),
  );
}

/**
 * A field's text while it is written, until its value changes: views are drawn anew whenever an
 * answer comes, and would put the value back.
 */
export function useDraft(value: string): readonly [shown: string, write: (text: string) => void] {
  const [draft, setDraft] = useState<string>();
  useEffect(() => setDraft(undefined), [value]);
  return [draft ?? value, setDraft];
}

/** What was asked for: still on its way, there, or refused. */
export interface Answer<T> {
  /** The last that came. */
  readonly data: T | undefined;
  /** Why the last question has no answer. */
  readonly error: string | undefined;
}

/** Asks the API, and again every so often while the page is looked at; nothing without a path. */
export function useApi<T>(path: string | undefined, everyMs = 0): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ data: undefined, error: undefined });
  useEffect(() => {
    if (path === undefined) return setAnswer({ data: undefined, error: undefined });
    const stopped = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      if (!document.hidden) {
        try {
          const data = await askOnce<T>(path, stopped.signal);
          if (!stopped.signal.aborted) setAnswer({ data, error: undefined });
        } catch (error) {
          if (stopped.signal.aborted) return;
          setAnswer(({ data }) => ({ data, error: messageOf(error) }));
        }
      }
      // After the answer: a slow one must not be asked again meanwhile.
      if (everyMs > 0 && !stopped.signal.aborted) timer = setTimeout(ask, everyMs);
    };
    ask();
    return () => {
      stopped.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs]);
  return answer;
}

async function askOnce<T>(path: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(`/api/${path}`, { signal });
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  throw new Error(text.startsWith("{") ? String(JSON.parse(text).error) : text.slice(0, 300));
}

function messageOf(error: unknown): string {
  // What browsers throw when nobody answers.
  if (error instanceof TypeError) return "The console does not answer; it is asked again.";
  return error instanceof Error ? error.message : String(error);
}

/** Services by name, each with its colour: the same in every view. */
export function useColors(): (service: string) => string {
  const { data } = useApi<string[]>("services", 10_000);
  return (service) => {
    const index = data?.indexOf(service) ?? -1;
    return index < 0 ? "s7" : `s${index % 8}`;
  };
}

/** Minutes to choose from; none means all that is kept. */
export const RANGES: readonly (readonly [minutes: string, text: string])[] = [
  ["1", "last minute"],
  ["5", "last 5 minutes"],
  ["15", "last 15 minutes"],
  ["60", "last hour"],
  ["1440", "last day"],
  ["", "all that is kept"],
];

/** The parameters of a view that go into the API's question, with a time of the view's own. */
export function questionOf(params: URLSearchParams, more: Params = {}): URLSearchParams {
  const query = new URLSearchParams(params);
  // Of a marked time the rest says nothing.
  if (query.has("since")) query.delete("minutes");
  for (const [name, value] of Object.entries(more)) {
    if (value === undefined) query.delete(name);
    else query.set(name, value);
  }
  return query;
}
