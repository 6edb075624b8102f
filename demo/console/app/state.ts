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

/** The address of a view. */
export function href(path: string, params: Record<string, string | undefined> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return `#/${path}${text === "" ? "" : `?${text}`}`;
}

/** What was asked for: still on its way, there, or refused. */
export interface Answer<T> {
  readonly data: T | undefined;
  readonly error: string | undefined;
}

/** Asks the API, and again every so often; nothing without a path. */
export function useApi<T>(path: string | undefined, everyMs = 0): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ data: undefined, error: undefined });
  useEffect(() => {
    if (path === undefined) return setAnswer({ data: undefined, error: undefined });
    const stopped = new AbortController();
    const ask = async () => {
      try {
        const response = await fetch(`/api/${path}`, { signal: stopped.signal });
        const body = await response.json();
        setAnswer(
          response.ok
            ? { data: body as T, error: undefined }
            : { data: undefined, error: String(body.error) },
        );
      } catch (error) {
        if (!stopped.signal.aborted) setAnswer({ data: undefined, error: String(error) });
      }
    };
    ask();
    const timer = everyMs > 0 ? setInterval(ask, everyMs) : undefined;
    return () => {
      stopped.abort();
      clearInterval(timer);
    };
  }, [path, everyMs]);
  return answer;
}

/** A duration for people. */
export function duration(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** A number of bytes for people. */
export function bytes(count: number): string {
  if (count < 1000) return `${Math.round(count)} B`;
  return count < 1e6 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

/** The time of day of nanoseconds since the epoch, given as decimal text. */
export function clockTime(ns: string): string {
  return new Date(Number(BigInt(ns) / 1_000_000n)).toISOString().slice(11, 23);
}

const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text from anywhere: what could hide or turn it round is shown as its code. */
export function safe(text: string, most = 2000): string {
  const short = text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;
  return short.replace(CONTROLS, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/** The level of a severity number. */
export function levelOf(severity: number): string {
  if (severity >= 17) return "error";
  if (severity >= 13) return "warn";
  if (severity >= 9) return "info";
  return severity >= 5 ? "debug" : "trace";
}
