/**
 * What Deno has beyond Web APIs: ambient context, environment variables, the terminal, and a last
 * flush before the process ends.
 *
 * @module
 */
import type { ContextStore, Runtime } from "../core/seams.ts";
import { explicitStore } from "../context/explicit_store.ts";
import { asyncContextStore } from "../context/async_context_store.ts";
import { asyncLocalStore } from "./async_context.ts";
import { denoStore } from "./deno_store.ts";
import { LineWriter } from "./line_writer.ts";
import { type EndSignal, flushOnSignals } from "./process_end.ts";
import { flushOnErrors } from "./uncaught.ts";

export type { EndSignal } from "./process_end.ts";

/** Options of {@linkcode deno}. */
export interface DenoOptions {
  /**
   * Flush when the program has nothing left to do; default true. Lines for standard output are then
   * written in batches as well: they wait 5 ms at most.
   */
  readonly flushOnExit?: boolean;
  /**
   * Flush when one of these signals comes, then end by it; default SIGTERM. Listening needs no
   * permission. `flushOnExit: false` turns this off as well.
   */
  readonly flushOnSignals?: readonly EndSignal[];
  /**
   * Flush when an error reaches the top that nobody handles, for 3 s at most; then end by it, with code
   * 1. Default true; `flushOnExit: false` turns this off as well.
   */
  readonly flushOnErrors?: boolean;
  /**
   * False: without ambient context; spans are then passed on by hand: `c.var.span`, `span.span(…)`.
   * Default true: by Deno's own context, which costs about 0.1 µs a span.
   * `"AsyncLocalStorage"`: by that, which costs about 0.8 µs and is no inner part of Deno.
   */
  readonly ambient?: boolean | "AsyncLocalStorage";
}

/**
 * The runtime room for Deno.
 *
 * Environment variables are read when `--allow-env` permits it and are absent otherwise; nothing is
 * ever prompted for.
 */
export function deno(options: DenoOptions = {}): Runtime {
  const runtime: Runtime = {
    name: "deno",
    attributes: {
      "process.runtime.name": "deno",
      "process.runtime.version": Deno.version.deno,
    },
    context: storeOf(options.ambient),
    env: readEnv,
    isColorTerminal: () => Deno.stdout.isTerminal() && !Deno.noColor,
    openLines: () => standardOutput(options.flushOnExit !== false).open(),
    hasBackgroundTimers: true,
  };
  if (options.flushOnExit === false) return runtime;
  const signals = options.flushOnSignals ?? ["SIGTERM"];
  return {
    ...runtime,
    onExit(last) {
      onExit(last);
      if (options.flushOnErrors !== false) flushOnErrors(last);
      flushOnSignals(signals, last, {
        listen: (signal, on) => {
          Deno.addSignalListener(signal, on);
          return () => Deno.removeSignalListener(signal, on);
        },
        raise,
      });
    },
  };
}

function storeOf(ambient: DenoOptions["ambient"]): ContextStore {
  if (ambient === false) return explicitStore;
  if (ambient === "AsyncLocalStorage") return asyncLocalStore();
  return asyncContextStore() ?? denoStore() ?? asyncLocalStore();
}

/** What a shell would see of a process that ended by the signal. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

function raise(signal: EndSignal): void {
  try {
    Deno.kill(Deno.pid, signal);
  } catch {
    // Without --allow-run it may not signal itself.
    Deno.exit(EXIT_CODES[signal]);
  }
}

function readEnv(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") {
    return undefined;
  }
  return Deno.env.get(name);
}

/** Milliseconds that a line may wait for others. */
const LINE_DELAY_MS = 5;
/** Shared, so that the lines of all telemetries stay in their order; a terminal sees each at once. */
let batched: LineWriter | undefined;
let direct: LineWriter | undefined;

function standardOutput(isFlushed: boolean): LineWriter {
  return isFlushed && !Deno.stdout.isTerminal()
    ? batched ??= new LineWriter({ write: writeAll, delayMs: LINE_DELAY_MS })
    : direct ??= new LineWriter({ write: writeAll, delayMs: 0 });
}

function writeAll(bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += Deno.stdout.writeSync(bytes.subarray(written));
}

/**
 * Calls `last` when the event loop is empty. `beforeunload` waits for no promise; that its default
 * is prevented is what makes Deno run the event loop once more, until it is empty again.
 */
function onExit(last: () => void | Promise<void>): void {
  globalThis.addEventListener("beforeunload", (event) => {
    event.preventDefault();
    void last();
  }, { once: true });
}
