/**
 * For tests and collectors: decodes OTLP requests by OpenTelemetry's own definitions.
 *
 * @module
 */
export {
  type DecodedEvent,
  type DecodedLink,
  type DecodedLog,
  type DecodedSpan,
  decodeLogs,
  decodeTraces,
} from "./otlp.ts";
export {
  type DecodedBuckets,
  type DecodedExemplar,
  type DecodedMetric,
  type DecodedPoint,
  decodeMetrics,
} from "./otlp_metrics.ts";
export { type Fault, type FaultRequest, type FaultServer, faultServer } from "./fault_server.ts";
