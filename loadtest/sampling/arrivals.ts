import type { SpanContext } from "../../mod.ts";
import { grown } from "./columns.ts";
import type { Arrived } from "./score.ts";

/**
 * What has arrived of the traces on the tape, by their slots. In columns: there are thousands at a
 * time of every strategy, which outlive what a collector of young objects takes for young.
 */
export class Arrivals {
  /** The slot of the trace that something happens in: most of what arrives is of it. */
  current = 0;
  weights: Float64Array = new Float64Array(256);
  spans: Int32Array = new Int32Array(256);
  lines: Int32Array = new Int32Array(256);
  isErrorSeen: Uint8Array = new Uint8Array(256);
  /** Services of which a failure arrived. */
  readonly failures: (string[] | undefined)[] = [];
  #isExpected = new Uint8Array(256);
  #t2 = new Int32Array(256);
  #t3 = new Int32Array(256);
  #rootS0 = new Int32Array(256);
  #rootS1 = new Int32Array(256);
  /** By 30 bits of the trace id, which a Map takes best; those that share them are in the other. */
  readonly #byBits = new Map<number, number>();
  readonly #byKey = new Map<number, number>();

  /** Something may arrive of the trace of this span. The root comes first, when it does. */
  expect(slot: number, span: SpanContext, isRoot: boolean): void {
    if (slot >= this.#isExpected.length) this.#grow(slot);
    if (this.#isExpected[slot] === 1) return;
    const { t2, t3 } = span;
    this.#isExpected[slot] = 1;
    this.#t2[slot] = t2;
    this.#t3[slot] = t3;
    this.#rootS0[slot] = isRoot ? span.s0 : 0;
    this.#rootS1[slot] = isRoot ? span.s1 : 0;
    this.weights[slot] = 0;
    this.spans[slot] = 0;
    this.lines[slot] = 0;
    this.isErrorSeen[slot] = 0;
    this.failures[slot] = undefined;
    const bits = bitsOf(t3);
    if (this.#byBits.has(bits)) this.#byKey.set(keyOf(t2, t3), slot);
    else this.#byBits.set(bits, slot);
  }

  /** The slot of a span's trace; -1 when nothing is expected of it any more. */
  slotOf({ t2, t3 }: SpanContext): number {
    if (this.#is(this.current, t2, t3)) return this.current;
    const slot = this.#byBits.get(bitsOf(t3));
    if (slot !== undefined && this.#is(slot, t2, t3)) return slot;
    return this.#byKey.get(keyOf(t2, t3)) ?? -1;
  }

  /** True for the root of the trace. */
  isRoot(slot: number, { s0, s1 }: SpanContext): boolean {
    return s0 === this.#rootS0[slot] && s1 === this.#rootS1[slot];
  }

  /** Ends the waiting for a trace; gives what has arrived, undefined for nothing. */
  take(slot: number): Arrived | undefined {
    if (this.#isExpected[slot] !== 1) return undefined;
    this.#isExpected[slot] = 0;
    const bits = bitsOf(this.#t3[slot]);
    if (this.#byBits.get(bits) === slot) this.#byBits.delete(bits);
    else this.#byKey.delete(keyOf(this.#t2[slot], this.#t3[slot]));
    const spans = this.spans[slot];
    const lines = this.lines[slot];
    if (spans + lines === 0) return undefined;
    const isErrorSeen = this.isErrorSeen[slot] === 1;
    return { weight: this.weights[slot], spans, lines, isErrorSeen, failures: this.failures[slot] };
  }

  #is(slot: number, t2: number, t3: number): boolean {
    return this.#isExpected[slot] === 1 && this.#t3[slot] === t3 && this.#t2[slot] === t2;
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, this.spans.length * 2);
    this.weights = grown(this.weights, length);
    this.spans = grown(this.spans, length);
    this.lines = grown(this.lines, length);
    this.isErrorSeen = grown(this.isErrorSeen, length);
    this.#isExpected = grown(this.#isExpected, length);
    this.#t2 = grown(this.#t2, length);
    this.#t3 = grown(this.#t3, length);
    this.#rootS0 = grown(this.#rootS0, length);
    this.#rootS1 = grown(this.#rootS1, length);
  }
}

function bitsOf(t3: number): number {
  return t3 & 0x3fffffff;
}

/** 53 random bits of the trace id: enough to tell apart what is on the tape at one time. */
function keyOf(t2: number, t3: number): number {
  return (t2 & 0x1fffff) * 4294967296 + (t3 >>> 0);
}
