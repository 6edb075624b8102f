import { FLAG_RANDOM, FLAG_SAMPLED, type SpanContext } from "../core/span_context.ts";
import { otRandom, withOtThreshold } from "../propagation/ot_tracestate.ts";
import { DROP, type Sampler, type SamplingDecision } from "../sampling/sampler.ts";
import type { Attributes } from "../core/attributes.ts";
import { type LazyAttributes, LazyRequest } from "./lazy_attributes.ts";

/** What was decided about a trace that begins in this process, or enters it. */
export interface Decided {
  /** True: it is recorded and sent. */
  readonly isSampled: boolean;
  /** True: it is recorded for layers all the same. */
  readonly isRecorded?: boolean;
  /** Attributes that its first span has besides its own. */
  readonly attributes?: Attributes;
  /** The tracestate that goes on from here. */
  readonly state: string;
}

/** Decides about a trace; `t2` and `t3` are the last words of its id. Never throws. */
export type Decide = (
  parent: SpanContext | undefined,
  t2: number,
  t3: number,
  name: string,
  kind: number,
  attributes: LazyAttributes,
  target: string,
) => Decided;

const KEPT: Decided = { isSampled: true, state: "ot=th:0" };

/** Follows the parent, and keeps every trace that begins here. */
export const keepAll: Decide = (parent) =>
  parent === undefined
    ? KEPT
    : { isSampled: (parent.traceFlags & FLAG_SAMPLED) !== 0, state: parent.traceStateText };

/** The flags of a local root. */
export function flagsOf(isSampled: boolean, parent: SpanContext | undefined): number {
  return (isSampled ? FLAG_SAMPLED : 0) |
    (parent === undefined ? FLAG_RANDOM : parent.traceFlags & FLAG_RANDOM);
}

/**
 * Asks a sampler, and sends its threshold on in tracestate (OTEP 235): for `createTracer`, which
 * without it follows the parent and keeps every trace that begins here.
 */
export function sampleBy(sampler: Sampler): Decide {
  // Most samplers give the same decision again and again.
  let asked: SamplingDecision | undefined;
  let before = "";
  let decided: Decided;
  return (parent, t2, t3, name, kind, attributes, target) => {
    const state = parent === undefined ? "" : parent.traceStateText;
    let randomHigh = t2 & 0xffffff;
    let randomLow = t3 >>> 0;
    if (state !== "") {
      const explicit = otRandom(state);
      if (explicit !== undefined) {
        randomHigh = explicit.hi;
        randomLow = explicit.lo;
      }
    }
    let decision: SamplingDecision;
    try {
      decision = sampler(
        typeof attributes === "function"
          ? new LazyRequest(parent, randomHigh, randomLow, name, kind, attributes, target)
          : { parent, randomHigh, randomLow, name, kind, attributes, target },
      );
    } catch {
      // A sampler of the user's that throws must not take the request down with it; the trace is
      // not sampled and counted as such.
      decision = DROP;
    }
    if (decision === asked && state === before) return decided;
    asked = decision;
    before = state;
    const { isSampled, isRecorded, attributes: added, threshold } = decision;
    return decided = {
      isSampled,
      isRecorded,
      attributes: added,
      state: withOtThreshold(state, threshold),
    };
  };
}
