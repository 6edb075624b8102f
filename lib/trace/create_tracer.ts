import { cryptoRandom } from "../core/random.ts";
import { type Decide, keepAll } from "./decide.ts";
import { SPAN_LIMITS, type SpanLimits } from "./limits.ts";
import type { EndWithBody } from "./settle.ts";
import { TracerShared } from "./shared.ts";
import type { TracerSetup } from "./setup.ts";
import { Tracer } from "./tracer.ts";

/** Options of {@linkcode createTracer}. */
export interface TracerOptions {
  /**
   * Which traces are recorded: `sampleBy(parentOr(probability(0.1)))`; default those whose parent
   * is, and all that begin here.
   */
  readonly sampling?: Decide;
  /** How much a span may hold. */
  readonly limits?: Partial<SpanLimits>;
  /**
   * Lets a span that a callback gives a stream or a generator from end when that has been read:
   * `untilRead`. Default it ends when it is given; a promise is waited for either way.
   */
  readonly bodies?: EndWithBody;
}

/**
 * Makes a tracer on a pipeline. `span.log` writes by the pipeline's logger, if there is one. Open
 * spans are counted; their names, and what is set on a span after its end, `createTelemetry` keeps.
 */
export function createTracer(pipeline: TracerSetup, options: TracerOptions = {}): Tracer {
  return new Tracer({
    pipeline,
    random: pipeline.random ?? cryptoRandom(),
    decide: options.sampling ?? keepAll,
    limits: { ...SPAN_LIMITS, ...options.limits },
    bodies: options.bodies,
    shared: new TracerShared(),
  });
}
