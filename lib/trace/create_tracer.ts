import type { ContextStore, Runtime } from "../core/seams.ts";
import type { Sampler, SamplingDecision } from "../sampling/sampler.ts";
