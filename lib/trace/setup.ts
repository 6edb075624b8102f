import type { Anchors, Clock } from "../core/clock.ts";
import type { Random } from "../core/random.ts";
import type { Scope, SpanRecord } from "../core/records.ts";
import type { ContextStore, Runtime } from "../core/seams.ts";
import type { SpanContext } from "../core/span_context.ts";
import type { Active } from "../context/context.ts";
import type { Logger } from "../log/logger.ts";
import type { Decide } from "./decide.ts";
import type { SpanLimits } from "./limits.ts";
import type { EndWithBody } from "./settle.ts";
import type { TracerShared } from "./shared.ts";

/** What a tracer is made on: a `Pipeline`. */
export interface TracerSetup {
  /** Where time comes from. */
  readonly clock: Clock;
  /** Ties the monotonic clock to the wall clock. */
  readonly anchors: Anchors;
  /** Where ids come from; default the platform's `crypto`. */
  readonly random: Random | undefined;
  /** Keeps what is active. */
  readonly store: ContextStore;
  /** The platform. */
  readonly runtime: Runtime;
  /** What spans are said to come from. */
  readonly scope: Scope;
  /** Takes ended spans; undefined when no sink wants any, and then none is recorded. */
  readonly onSpan: ((span: SpanRecord) => void) | undefined;
  /** The logger whose lines `span.log` writes. */
  log?: Logger;
}

/** What a tracer needs. */
export interface TracerParts {
  readonly pipeline: TracerSetup;
  readonly random: Random;
  readonly decide: Decide;
  readonly limits: SpanLimits;
  readonly shared: TracerShared;
  /** Ends spans with what is still to be read; default they end when it is given. */
  readonly bodies?: EndWithBody;
  /** What tracers know of OpenTelemetry's API; default nothing. */
  readonly foreign?: {
    /** What is meant by a context of its making. */
    readonly activeOf: (context: unknown) => Active | undefined;
    /** A span's context as it wants it. */
    readonly contextOf: (span: SpanContext) => SpanContext;
  };
  readonly scope?: Scope;
}
