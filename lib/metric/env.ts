import type { Temporality } from "../core/metric_records.ts";
import type { Runtime } from "../core/seams.ts";
import type { MeterSettings } from "./meter_parts.ts";

const TEMPORALITY = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
const INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL";

/** Reads OpenTelemetry's variables for a meter; what is malformed is passed over with a warning. */
export function meterSettingsFrom({ env }: Runtime, warnings: string[]): MeterSettings {
  return {
    temporality: temporalityOf(env?.(TEMPORALITY)?.trim().toLowerCase(), warnings),
    intervalMs: intervalOf(env?.(INTERVAL)?.trim(), warnings),
  };
}

function temporalityOf(text: string | undefined, warnings: string[]): Temporality | undefined {
  if (text === "delta" || text === "cumulative") return text;
  if (text) warnings.push(`${TEMPORALITY} is ${text}, allowed are cumulative, delta`);
  return undefined;
}

function intervalOf(text: string | undefined, warnings: string[]): number | undefined {
  if (!text) return undefined;
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  const given = JSON.stringify(text.slice(0, 80));
  warnings.push(`${INTERVAL} is ${given}, allowed is milliseconds above 0`);
  return undefined;
}
