import type { BenchCase } from "../case.ts";
import { AUDIT_CASES } from "./audit.ts";
import { CONTEXT_CASES } from "./context.ts";
import { LOG_CASES } from "./log.ts";
import { LOG_OUT_CASES } from "./log_out.ts";
import { MEMORY_CASES } from "./memory.ts";
import { METRIC_CASES } from "./metric.ts";
import { REDACT_CASES } from "./redact.ts";
import { SAMPLING_CASES } from "./sampling.ts";
import { SPAN_CASES } from "./span.ts";
import { TRACEPARENT_CASES } from "./traceparent.ts";

/** Every case, those of one group together, ours first. */
export const CASES: readonly BenchCase[] = [
  ...SPAN_CASES,
  ...CONTEXT_CASES,
  ...SAMPLING_CASES,
  ...LOG_CASES,
  ...LOG_OUT_CASES,
  ...AUDIT_CASES,
  ...METRIC_CASES,
  ...REDACT_CASES,
  ...TRACEPARENT_CASES,
  ...MEMORY_CASES,
];
