import { type Threshold, thresholdFromText, thresholdToText } from "../core/threshold.ts";
import { getTraceState, setTraceState } from "./tracestate.ts";

/** OpenTelemetry's key in tracestate (OTEP 235). */
const KEY = "ot";
/** Its value may be this long. */
const MAX_CHARACTERS = 256;

/** The 56 random bits of a trace, as two integers. */
export interface RandomBits {
  /** The upper 24 bits. */
  readonly hi: number;
  /** The lower 32 bits, unsigned. */
  readonly lo: number;
}

/** The sub-keys of a list's `ot` member in their order; none when it is absent or malformed. */
function subKeys(traceState: string): Map<string, string> {
  const keys = new Map<string, string>();
  if (!traceState.includes("ot=")) return keys;
  const value = getTraceState(traceState, KEY);
  if (value === undefined || value.length > MAX_CHARACTERS) return keys;
  for (const part of value.split(";")) {
    const at = part.indexOf(":");
    const name = part.slice(0, at);
    if (at < 1 || keys.has(name)) return new Map();
    keys.set(name, part.slice(at + 1));
  }
  return keys;
}

/** The threshold that came with a trace, or undefined. */
export function otThreshold(traceState: string): Threshold | undefined {
  const text = subKeys(traceState).get("th");
  return text === undefined ? undefined : thresholdFromText(text);
}

/** The explicit randomness that came with a trace (`rv`: exactly 14 hex digits), or undefined. */
export function otRandom(traceState: string): RandomBits | undefined {
  const text = subKeys(traceState).get("rv");
  if (text === undefined || text.length !== 14) return undefined;
  return thresholdFromText(text);
}

/**
 * Puts a threshold into a list, or takes it out; unknown sub-keys and `rv` stay as they are, and a
 * list that says the right thing already is given back as it is.
 */
export function withOtThreshold(traceState: string, threshold: Threshold | undefined): string {
  if (traceState === "") return threshold === undefined ? "" : onlyThreshold(threshold);
  const keys = subKeys(traceState);
  const text = threshold === undefined ? undefined : thresholdToText(threshold);
  if (keys.get("th") === text) return traceState;
  const parts: string[] = text === undefined ? [] : [`th:${text}`];
  for (const [name, value] of keys) if (name !== "th") parts.push(`${name}:${value}`);
  return setTraceState(traceState, KEY, parts.length === 0 ? undefined : parts.join(";"));
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
