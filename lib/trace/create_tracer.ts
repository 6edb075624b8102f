import { cryptoRandom } from "../core/random.ts";
import { type Decide, keepAll } from "./decide.ts";
import { SPAN_LIMITS, type SpanLimits } from "./limits.ts";
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
}

/** Makes a tracer on a pipeline. `span.log` writes by the pipeline's logger, if there is one. */
export function createTracer(pipeline: TracerSetup, options: TracerOptions = {}): Tracer {
  return new Tracer({
    pipeline,
    random: pipeline.random ?? cryptoRandom(),
    decide: options.sampling ?? keepAll,
    limits: { ...SPAN_LIMITS, ...options.limits },
    shared: new TracerShared(),
  });
}
