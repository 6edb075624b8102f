/**
 * What Deno has beyond Web APIs: ambient context, environment variables, the terminal, and a last
 * flush before the process ends.
 *
 * @module
 */
import type { Runtime } from "../core/seams.ts";
import { asyncLocalStore } from "./async_context.ts";

/** Options of {@linkcode deno}. */
export interface DenoOptions {
  /** Flush when the program has nothing left to do; default true. */
  readonly flushOnExit?: boolean;
}

const encoder = new TextEncoder();

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
    context: asyncLocalStore(),
    env: readEnv,
    isColorTerminal: () => Deno.stdout.isTerminal() && !Deno.noColor,
    writeLine,
    hasBackgroundTimers: true,
  };
  return options.flushOnExit === false ? runtime : { ...runtime, onExit };
}

function readEnv(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") {
    return undefined;
  }
  return Deno.env.get(name);
}

function writeLine(line: string): void {
  const bytes = encoder.encode(`${line}\n`);
  let written = 0;
  while (written < bytes.length) written += Deno.stdout.writeSync(bytes.subarray(written));
}

/**
 * Calls `last` when the event loop is empty. `beforeunload` waits for no promise, but it may start
 * work: Deno then goes on until that is done.
 */
function onExit(last: () => void | Promise<void>): void {
  globalThis.addEventListener("beforeunload", () => void last(), { once: true });
}
