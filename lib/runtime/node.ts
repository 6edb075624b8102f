/**
 * What Node and Bun have beyond Web APIs: ambient context, environment variables, the terminal, and
 * a last flush before the process ends.
 *
 * @module
 */
import type { Runtime } from "../core/seams.ts";
import { ambientStore } from "./async_context.ts";
import { type EndSignal, flushOnSignals } from "./process_end.ts";

export type { EndSignal } from "./process_end.ts";

/** Options of {@linkcode node}. */
export interface NodeOptions {
  /** Flush when the program has nothing left to do; default true. */
  readonly flushOnExit?: boolean;
  /** Flush when one of these signals comes, then end by it; default SIGTERM. */
  readonly flushOnSignals?: readonly EndSignal[];
}

/** The part of Node's `process` that is used here. */
interface Process {
  readonly versions: { readonly node?: string; readonly bun?: string };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly stdout?: { readonly isTTY?: boolean; write(text: string): void };
  once(event: string, on: () => void): void;
  on(event: string, on: () => void): void;
  off(event: string, on: () => void): void;
  kill(pid: number, signal: string): void;
}

/** The runtime room for Node and Bun. */
export function node(options: NodeOptions = {}): Runtime {
  const { process } = globalThis as unknown as { process: Process };
  const name = process.versions.bun === undefined ? "nodejs" : "bun";
  return {
    name,
    attributes: {
      "process.runtime.name": name,
      "process.runtime.version": process.versions.bun ?? process.versions.node ?? "",
    },
    context: ambientStore(),
    env: (variable) => process.env[variable],
    isColorTerminal: () => process.stdout?.isTTY === true && process.env.NO_COLOR === undefined,
    hasBackgroundTimers: true,
    onExit(last) {
      if (options.flushOnExit !== false) process.once("beforeExit", () => void last());
      flushOnSignals(options.flushOnSignals ?? ["SIGTERM"], last, {
        listen: (signal, on) => {
          process.on(signal, on);
          return () => process.off(signal, on);
        },
        raise: (signal) => process.kill(process.pid, signal),
      });
    },
  };
}
