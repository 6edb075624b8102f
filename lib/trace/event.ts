import type { Attributes } from "../core/attributes.ts";
import type { Clock, TimeAnchor } from "../core/clock.ts";
import type { SpanEvent } from "../core/records.ts";
import { limitAttributes, type SpanLimits } from "./limits.ts";
import type { TimeInput } from "./options.ts";
import { toMonotonicMs } from "./time_input.ts";

/** An event of a span, within the limits; the attributes may be left out before the time. */
export function spanEvent(
  name: string,
  attributesOrTime: Attributes | TimeInput | undefined,
  time: TimeInput | undefined,
  limits: SpanLimits,
  anchor: TimeAnchor,
  clock: Clock,
): SpanEvent {
  const isTime = typeof attributesOrTime === "number" || attributesOrTime instanceof Date ||
    Array.isArray(attributesOrTime);
  const at = isTime ? attributesOrTime as TimeInput : time;
  const given = isTime ? undefined : attributesOrTime as Attributes | undefined;
  return {
    name,
    monotonicMs: at === undefined ? clock.monotonicMs() : toMonotonicMs(at, anchor),
    ...limitAttributes(given, limits.eventAttributes, limits.valueLength),
  };
}
