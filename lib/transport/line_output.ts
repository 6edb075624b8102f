import type { LineOutput, Runtime } from "../core/seams.ts";
import { Tally } from "../core/tally.ts";

/** Hands each line on at once; a writer that throws costs that line, which is counted. */
export function directOutput(write: (line: string) => void): LineOutput {
  const tally = new Tally();
  return {
    tally,
    queued: 0,
    queuedBytes: 0,
    write(line) {
      tally.created++;
      try {
        write(line);
        tally.delivered++;
        tally.deliveredBytes += line.length + 1;
      } catch (thrown) {
        tally.drop("rejected");
        tally.lastError = String(thrown).slice(0, 300);
      }
    },
    flush() {},
  };
}

/** Where a sink's lines go: the caller's function, the runtime's output, or `console.log`. */
export function outputOf(
  write: ((line: string) => void) | undefined,
  runtime?: Runtime,
): LineOutput {
  return !write && runtime?.openLines?.() ||
    directOutput(write ?? runtime?.writeLine ?? console.log);
}
