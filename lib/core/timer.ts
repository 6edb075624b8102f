/** Lets the process end while this timer waits, where the platform has such a thing. */
export function unref(timer: unknown): void {
  const unrefable = timer as { unref?: () => void };
  if (typeof timer === "object" && timer !== null && typeof unrefable.unref === "function") {
    unrefable.unref();
  }
}
