import { matchesGlob } from "../core/glob.ts";
import type { Aggregation } from "./aggregation.ts";

/** Changes what becomes of an instrument's measurements (OpenTelemetry metrics SDK, "View"). */
export interface View {
  /** Which instruments, by name; `*` stands for any run of characters. */
  readonly instrument: string;
  /** True: nothing is measured. */
  readonly drop?: boolean;
  /** Another name. */
  readonly name?: string;
  /** Another description. */
  readonly description?: string;
  /** The attributes that are kept; the series of the others are put together. */
  readonly attributes?: readonly string[];
  /** For histograms: the bounds of the buckets, or base-2 exponential ones. */
  readonly buckets?: readonly number[] | "exponential";
}

const NAMES = ["instrument", "drop", "name", "description", "attributes", "buckets"];
/** Buckets of an exponential histogram (OpenTelemetry metrics SDK, "MaxSize"). */
export const EXPONENTIAL_BUCKETS = 160;

/**
 * Checks views.
 *
 * @throws {TypeError | RangeError} Naming the view, what was given and what is allowed.
 */
export function checkViews(views: readonly View[]): void {
  if (!Array.isArray(views)) throw new TypeError("createMeter(): views is no list");
  views.forEach((view, index) => {
    const where = `createMeter(): views[${index}]`;
    if (typeof view?.instrument !== "string") {
      throw new TypeError(`${where}.instrument is ${typeof view?.instrument}, allowed is a name`);
    }
    const unknown = Object.keys(view).find((name) => !NAMES.includes(name));
    if (unknown !== undefined) {
      throw new TypeError(`${where} has ${unknown}, allowed are ${NAMES.join(", ")}`);
    }
    if (Array.isArray(view.buckets)) checkBounds(`${where}.buckets`, view.buckets);
  });
}

/** @throws {RangeError} When bounds are not finite numbers that increase. */
export function checkBounds(where: string, bounds: readonly number[]): void {
  const isRight = bounds.every((bound, index) =>
    Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1])
  );
  if (!isRight) {
    throw new RangeError(`${where} is ${bounds.join(", ")}, allowed are numbers that increase`);
  }
}

/** The first view for an instrument. */
export function viewFor(views: readonly View[], name: string): View | undefined {
  return views.find(({ instrument }) => matchesGlob(instrument, name));
}

/** The aggregation that a view makes of the instrument's own. */
export function aggregationBy(view: View | undefined, own: Aggregation): Aggregation {
  const buckets = view?.buckets;
  if (buckets === undefined || (own.kind !== "histogram" && own.kind !== "exponential")) return own;
  return buckets === "exponential"
    ? { kind: "exponential", bucketsMax: EXPONENTIAL_BUCKETS }
    : { kind: "histogram", bounds: [...buckets] };
}
