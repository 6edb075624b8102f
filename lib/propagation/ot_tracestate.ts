import { FLAG_SAMPLED } from "../core/span_context.ts";
import {
  compareThresholds,
  isKept,
  type RandomBits,
  randomOf,
  type RandomWords,
  type Threshold,
  thresholdFromText,
  thresholdToText,
} from "../core/threshold.ts";
import { getTraceState, removeTraceState, setTraceState } from "./tracestate.ts";

/** OpenTelemetry's key in tracestate (OTEP 235). */
const KEY = "ot";
/** Its value may be this long. */
const MAX_CHARACTERS = 256;
/** A sub-key: a lower-case letter, then letters and digits. */
const SUB_KEY = /^[a-z][a-z0-9]*$/;

/**
 * The sub-keys of a list's `ot` member in their order; undefined when it is malformed, and then
 * nothing of it is believed, or passed on once it is written.
 */
function subKeys(traceState: string): ReadonlyMap<string, string> | undefined {
  // One list is read several times for a request, and a sampler gives many requests the same one.
  if (traceState !== memoText) {
    memoKeys = readSubKeys(traceState);
    memoText = traceState;
  }
  return memoKeys;
}

let memoText = "";
let memoKeys: ReadonlyMap<string, string> | undefined = new Map();

function readSubKeys(traceState: string): ReadonlyMap<string, string> | undefined {
  const keys = new Map<string, string>();
  // Without this most lists of other vendors would be read to find nothing.
  if (!traceState.includes("ot=")) return keys;
  const value = getTraceState(traceState, KEY);
  if (value === undefined) return keys;
  for (const part of value.split(";")) {
    const colon = part.indexOf(":");
    const name = part.slice(0, colon);
    if (colon < 1 || !SUB_KEY.test(name) || keys.has(name)) return undefined;
    keys.set(name, part.slice(colon + 1));
  }
  return keys;
}

/** The threshold that came with a trace, or undefined; see {@linkcode consistentThreshold}. */
export function otThreshold(traceState: string): Threshold | undefined {
  return thresholdIn(subKeys(traceState));
}

/** The explicit randomness that came with a trace (`rv`: exactly 14 hex digits), or undefined. */
export function otRandom(traceState: string): RandomBits | undefined {
  return randomIn(subKeys(traceState));
}

function thresholdIn(keys: ReadonlyMap<string, string> | undefined): Threshold | undefined {
  const text = keys?.get("th");
  return text === undefined ? undefined : thresholdFromText(text);
}

function randomIn(keys: ReadonlyMap<string, string> | undefined): RandomBits | undefined {
  const text = keys?.get("rv");
  return text === undefined || text.length !== 14 ? undefined : thresholdFromText(text);
}

/** The part of a span context that its sampling can be checked by. */
export interface SampledContext extends RandomWords {
  /** The trace flags. */
  readonly traceFlags: number;
  /** The tracestate list. */
  readonly traceStateText: string;
}

/**
 * The threshold of a parent, if it can be believed: undefined when there is none, or when the
 * sampled flag and R >= T disagree (OTEP 235: such a threshold is erased). An unsampled parent that
 * carries `th:0` has none.
 */
export function consistentThreshold(context: SampledContext): Threshold | undefined {
  const { traceStateText } = context;
  if (traceStateText === "") return undefined;
  const keys = subKeys(traceStateText);
  const threshold = thresholdIn(keys);
  if (threshold === undefined) return undefined;
  const { hi, lo } = randomOf(context, randomIn(keys));
  const isSampled = (context.traceFlags & FLAG_SAMPLED) !== 0;
  return isKept(hi, lo, threshold) === isSampled ? threshold : undefined;
}

/**
 * Puts a threshold into a list, or takes it out: that of a dropped trace, or one that is not known.
 * Unknown sub-keys and `rv` stay as they are; a list that says the right thing already is given back
 * as it is. Where there is no room for the threshold there is none.
 */
export function withOtThreshold(traceState: string, threshold: Threshold | undefined): string {
  if (traceState === "") return threshold === undefined ? "" : onlyThreshold(threshold);
  const keys = subKeys(traceState);
  const current = keys?.get("th");
  if (keys !== undefined && isSame(current, threshold)) return traceState;
  const others: string[] = [];
  for (const [name, value] of keys ?? []) if (name !== "th") others.push(`${name}:${value}`);
  let value = others.join(";");
  if (threshold !== undefined) {
    const whole = [`th:${thresholdToText(threshold)}`, ...others].join(";");
    // A threshold that was there before would be wrong now, so it goes all the same.
    if (whole.length <= MAX_CHARACTERS) value = whole;
  }
  return value === "" ? removeTraceState(traceState, KEY) : setTraceState(traceState, KEY, value);
}

function isSame(text: string | undefined, threshold: Threshold | undefined): boolean {
  if (text === undefined || threshold === undefined) return text === threshold;
  const current = thresholdFromText(text);
  return current !== undefined && compareThresholds(current, threshold) === 0;
}

let lastThreshold: Threshold | undefined;
let lastText = "";

/** The list of a trace that begins here; a sampler gives the same threshold again and again. */
function onlyThreshold(threshold: Threshold): string {
  if (threshold !== lastThreshold) {
    lastThreshold = threshold;
    lastText = `${KEY}=th:${thresholdToText(threshold)}`;
  }
  return lastText;
}
