/** Time on a core of the thread that asks, first on its line (Linux, proc(5)). */
const SCHEDSTAT = "/proc/thread-self/schedstat";

/** Microseconds of CPU that this thread has used; where that is unknown, of the clock. */
export const threadCpuUs: () => number = hasSchedstat()
  ? () => Number.parseInt(Deno.readTextFileSync(SCHEDSTAT)) / 1000
  : () => performance.now() * 1000;

function hasSchedstat(): boolean {
  try {
    return Number.parseInt(Deno.readTextFileSync(SCHEDSTAT)) > 0;
  } catch {
    return false;
  }
}
