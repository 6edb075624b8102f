import { matchesGlob } from "../core/glob.ts";
import type { Aggregation } from "./aggregation.ts";
import { checkBounds } from "./bounds.ts";

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
    if (view.buckets !== undefined && view.buckets !== "exponential") {
      checkBounds(`${where}.buckets`, view.buckets);
    }
  });
}

/** What a view makes of an instrument. */
export interface Viewed extends View {
  readonly aggregation: Aggregation;
}

/** What becomes of an instrument by its name and own aggregation; undefined: nothing else. */
export type ViewOf = (name: string, own: Aggregation) => Viewed | undefined;

/** Finds what the first view that fits an instrument makes of it. */
export function viewsOf(views: readonly View[], exponential: Aggregation): ViewOf {
  return (name, own) => {
    const view = views.find(({ instrument }) => matchesGlob(instrument, name));
    if (view === undefined) return undefined;
    const { buckets } = view;
    const isHistogram = own.kind === "histogram" || own.kind === "exponential";
    const aggregation: Aggregation = buckets === undefined || !isHistogram
      ? own
      : buckets === "exponential"
      ? exponential
      : { kind: "histogram", bounds: [...buckets] };
    return { ...view, aggregation };
  };
}
