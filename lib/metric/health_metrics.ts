import type { DestinationHealth } from "../core/seams.ts";
import type { SignalHealth } from "../core/tally.ts";
import type { Meter } from "./meter.ts";

const SIGNALS = [["spans", "span"], ["logs", "log"], ["metrics", "metric_data_point"]] as const;

/**
 * Makes metrics of the books of a telemetry, by the names of OpenTelemetry's semantic conventions
 * for SDK metrics: what each destination was handed, has delivered, has dropped and why
 * (`error.type`), and what waits.
 *
 * @param health `() => telemetry.health()`
 */
export function healthMetrics(
  meter: Meter,
  health: () => { readonly destinations: readonly DestinationHealth[] },
): void {
  for (const [signal, word] of SIGNALS) {
    const each = (take: (books: SignalHealth, name: string) => void) => {
      for (const destination of health().destinations) {
        const books = destination[signal];
        if (books !== undefined) take(books, destination.name);
      }
    };
    const unit = `{${word}}`;
    meter.observableCounter(
      `otel.sdk.exporter.${word}.exported`,
      { unit, isInteger: true, description: "Delivered, or dropped for the reason in error.type." },
      (observe) =>
        each(({ delivered, dropped }, name) => {
          observe(delivered, { "otel.component.name": name });
          for (const [reason, count] of Object.entries(dropped)) {
            observe(count, { "otel.component.name": name, "error.type": reason });
          }
        }),
    );
    meter.observableUpDownCounter(
      `otel.sdk.exporter.${word}.inflight`,
      { unit, isInteger: true, description: "Waiting or on their way." },
      (observe) => each(({ queued }, name) => observe(queued, { "otel.component.name": name })),
    );
  }
}
