/**
 * The k6 module `k6/x/sextant`: arms chosen by a seed, traces begun, marks; and the requests of a
 * load test that says itself when to send. The extension's output (`--out sextant=FILE`) keeps a
 * histogram per arm and step of what is tagged `arm` and `step`.
 */

/** An arm of a test. */
export interface ArmPlan {
  readonly name: string;
  /** How often it is chosen, against the other arms; default 1. */
  readonly weight?: number;
  /** The part of its traces that begin sampled, 0 to 1; default 1. */
  readonly sampled?: number;
}

/** What {@linkcode plan} takes. */
export interface TestPlan {
  /** An integer of 32 bits. */
  readonly seed: number;
  readonly arms: readonly ArmPlan[];
  /** The rate of a constant-arrival-rate scenario: latencies then count from when each was due. */
  readonly ratePerS?: number;
}

/** One iteration. */
export interface Iteration {
  /** The arm that it was given. */
  readonly arm: string;
  /** Its number in the whole test, over all segments, from 0. */
  readonly number: number;
  /** Microseconds from when it was due to its start; 0 without a rate. */
  readonly lateUs: number;
  /** Headers that begin its trace: traceparent and, when it was sampled by chance, tracestate. */
  headers(): Record<string, string>;
  /** Records a value of one's own in microseconds under this arm and a step. */
  mark(step: string, valueUs: number): void;
  /** Records how long it took from when it was due. */
  end(): void;
}

/** A plan that was taken. */
export interface BoundPlan {
  /** The iteration that has just begun. */
  next(): Iteration;
}

/**
 * Takes the plan of a test, in the init context. Which arm an iteration is given depends on the seed
 * and its number alone: segments of a test choose what the whole test would have chosen.
 *
 * @throws {Error} Naming what is wrong with it.
 */
export function plan(plan: TestPlan): BoundPlan;

/** The number from 0 to 1 by which an iteration's arm is chosen. */
export function dice(seed: number, iteration: number): number;

/**
 * Headers that begin a trace, which is sampled with this probability (default 1) by its own random
 * bits; tracestate says by which (OTEP 235).
 *
 * @throws {Error} When it is not 0 to 1.
 */
export function traceHeaders(probability?: number): Record<string, string>;

/**
 * Sends requests to a URL when the load test at SEXTANT_CONTROL says so, until it has ended: as
 * `http.get` would, without a call of the script's between them.
 *
 * @throws {Error} When the URL is none, or there is no load test.
 */
export function send(url: string): void;

declare const _default: {
  plan: typeof plan;
  dice: typeof dice;
  traceHeaders: typeof traceHeaders;
  send: typeof send;
};
export default _default;
