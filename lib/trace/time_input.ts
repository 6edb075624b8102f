import type { TimeAnchor } from "../core/clock.ts";
import type { TimeInput } from "./options.ts";

/** A number below this is a reading of the monotonic clock: the epoch had passed it by 1973. */
const EPOCH_FROM_MS = 1e11;

/** Maps a moment to the monotonic clock of `anchor`, in milliseconds. */
export function toMonotonicMs(time: TimeInput, anchor: TimeAnchor): number {
  if (typeof time === "number") {
    // Where the monotonic clock counts from the epoch itself (workerd), the anchor is at 0.
    return time < EPOCH_FROM_MS ? time : time - anchor.epochMs;
  }
  if (time instanceof Date) return time.getTime() - anchor.epochMs;
  return time[0] * 1000 + time[1] / 1e6 - anchor.epochMs;
}
