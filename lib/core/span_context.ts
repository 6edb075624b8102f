import { int32ToHex } from "./hex.ts";

/** The sampled bit of the trace flags (W3C Trace Context, Level 2, 3.2.2.5.1). */
export const FLAG_SAMPLED = 0x01;
/** The random bit: the right-most 7 bytes of the trace id are random (Level 2, 3.2.2.5.2). */
export const FLAG_RANDOM = 0x02;

/**
 * What travels of a span: its ids, flags and trace state.
 *
 * The ids are kept as 32-bit integers, four for the trace and two for the span, because that is
 * what both wire forms are written from; the hex text is made on first use and kept. By its names
 * it is the `SpanContext` of OpenTelemetry's API.
 *
 * Its fields are declared and not defined: they are written once, by the constructor.
 */
export class SpanContext {
  /** Bytes 0-3 of the trace id as a signed 32-bit integer; `t1`, `t2` and `t3` are the rest. */
  declare readonly t0: number;
  /** Bytes 4-7 of the trace id. */
  declare readonly t1: number;
  /** Bytes 8-11 of the trace id. */
  declare readonly t2: number;
  /** Bytes 12-15 of the trace id. */
  declare readonly t3: number;
  /** Bytes 0-3 of the span id. */
  declare readonly s0: number;
  /** Bytes 4-7 of the span id. */
  declare readonly s1: number;
  /** The trace flags: bit 0 sampled, bit 1 random; all others are zero. */
  declare readonly traceFlags: number;
  /** The tracestate list as it goes into the header; the empty string when there is none. */
  declare readonly traceStateText: string;
  /** True when it was received from elsewhere. */
  declare readonly isRemote: boolean;
  // Not `#`: a class whose base has such fields is made by calls, at thrice the cost.
  declare private traceIdText: string | undefined;
  declare private spanIdText: string | undefined;

  /** Takes the ids as 32-bit integers; nothing is checked (see {@linkcode spanContextFromHex}). */
  constructor(
    t0: number,
    t1: number,
    t2: number,
    t3: number,
    s0: number,
    s1: number,
    traceFlags: number,
    traceStateText: string,
    isRemote: boolean,
  ) {
    this.t0 = t0;
    this.t1 = t1;
    this.t2 = t2;
    this.t3 = t3;
    this.s0 = s0;
    this.s1 = s1;
    this.traceFlags = traceFlags;
    this.traceStateText = traceStateText;
    this.isRemote = isRemote;
    this.traceIdText = undefined;
    this.spanIdText = undefined;
  }

  /** The trace id as 32 lower-case hex digits. */
  get traceId(): string {
    return this.traceIdText ??= int32ToHex(this.t0) + int32ToHex(this.t1) + int32ToHex(this.t2) +
      int32ToHex(this.t3);
  }

  /** The span id as 16 lower-case hex digits. */
  get spanId(): string {
    return this.spanIdText ??= int32ToHex(this.s0) + int32ToHex(this.s1);
  }

  /** True when the sampled flag is set. */
  get isSampled(): boolean {
    return (this.traceFlags & FLAG_SAMPLED) !== 0;
  }
}

/** What travels of a span, without what else it may hold. */
export function copyOf(context: SpanContext): SpanContext {
  const { t0, t1, t2, t3, s0, s1, traceFlags, traceStateText, isRemote } = context;
  return new SpanContext(t0, t1, t2, t3, s0, s1, traceFlags, traceStateText, isRemote);
}

/** Lower-case hex digits, not all of them zeros. */
const TRACE_ID = /^(?!0{32})[\da-f]{32}$/;
const SPAN_ID = /^(?!0{16})[\da-f]{16}$/;

/**
 * Makes a {@linkcode SpanContext} from hex ids, or gives undefined when one is malformed or all
 * zeros (W3C Trace Context, 3.2.2.3 and 3.2.2.4).
 */
export function spanContextFromHex(
  traceId: string,
  spanId: string,
  traceFlags: number,
  traceStateText = "",
  isRemote = true,
): SpanContext | undefined {
  if (!TRACE_ID.test(traceId) || !SPAN_ID.test(spanId)) return undefined;
  const word = (text: string, at: number) => Number.parseInt(text.slice(at, at + 8), 16) | 0;
  return new SpanContext(
    word(traceId, 0),
    word(traceId, 8),
    word(traceId, 16),
    word(traceId, 24),
    word(spanId, 0),
    word(spanId, 8),
    traceFlags,
    traceStateText,
    isRemote,
  );
}
