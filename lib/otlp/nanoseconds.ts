import type { TimeAnchor } from "../core/clock.ts";

const TWO_TO_32 = 4294967296;

/** The anchor that was asked for last, in nanoseconds: the upper 32 bits, and the lower, unsigned. */
let known: TimeAnchor | undefined;
let knownHigh = 0;
let knownLow = 0;

/** Most records of a batch have one anchor, which is split once. */
function know(anchor: TimeAnchor): void {
  // Microseconds are as fine as a double of this size can say. Every product here is exact.
  const us = Math.round(anchor.epochMs * 1000);
  const usHigh = Math.floor(us / TWO_TO_32);
  const low = (us - usHigh * TWO_TO_32) * 1000;
  const carry = Math.floor(low / TWO_TO_32);
  knownHigh = usHigh * 1000 + carry;
  knownLow = low - carry * TWO_TO_32;
  known = anchor;
}

/** Writes the wall-clock time of a monotonic reading as a little-endian fixed64 of nanoseconds. */
export function writeNs(
  view: DataView,
  offset: number,
  anchor: TimeAnchor,
  monotonicMs: number,
): void {
  if (anchor !== known) know(anchor);
  const ns = monotonicMs * 1e6;
  let high = Math.floor(ns / TWO_TO_32);
  let low = Math.floor(ns - high * TWO_TO_32) + knownLow;
  high += knownHigh;
  if (low >= TWO_TO_32) {
    low -= TWO_TO_32;
    high += 1;
  }
  view.setUint32(offset, low, true);
  view.setUint32(offset + 4, high, true);
}

/** The wall-clock time of a monotonic reading in nanoseconds since the epoch, as decimal text. */
export function nsText(anchor: TimeAnchor, monotonicMs: number): string {
  if (anchor !== known) know(anchor);
  const ns = monotonicMs * 1e6;
  const high = Math.floor(ns / TWO_TO_32);
  const low = Math.floor(ns - high * TWO_TO_32);
  return String((BigInt(high + knownHigh) << 32n) + BigInt(low) + BigInt(knownLow));
}
