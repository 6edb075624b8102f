/** Lets the process end while this timer waits, where the platform has such a thing. */
export function unref(timer: unknown): void {
  (timer as { unref?: () => void } | undefined)?.unref?.();
}
