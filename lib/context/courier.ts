import { Baggage } from "../propagation/baggage.ts";
import type { Carrier } from "../propagation/carrier.ts";
import type { Propagator } from "../propagation/propagator.ts";
import { type Active, Context, parentOf } from "./context.ts";
import { acceptTransactionId, TRANSACTION_BAGGAGE_KEY } from "./transaction.ts";

/** What did not get through on the way between services. */
export interface CourierCounts {
  /** Carriers that did not take all they were given: frozen, or over a limit. */
  readonly notInjected: number;
  /** Entries of received baggage that were malformed or over the limits. */
  readonly baggageDropped: number;
}

/** What a carrier without any of the entries says. */
const NOTHING = /* @__PURE__ */ new Context();

/** Carries contexts between services: span, baggage, and the transaction id within the baggage. */
export class Courier {
  readonly #propagator: Propagator;
  #notInjected = 0;
  #baggageDropped = 0;

  /** Takes the formats. */
  constructor(propagator: Propagator) {
    this.#propagator = propagator;
  }

  /** The names of the entries that are written and read. */
  get fields(): readonly string[] {
    return this.#propagator.fields;
  }

  /** Writes a context into headers or message metadata. */
  inject(carrier: Carrier, active: Active): void {
    const { transactionId } = active;
    const baggage = transactionId === undefined
      ? active.baggage
      : (active.baggage ?? Baggage.empty).set(TRANSACTION_BAGGAGE_KEY, transactionId);
    if (!this.#propagator.inject({ parent: parentOf(active), baggage }, carrier)) {
      this.#notInjected++;
    }
  }

  /** Reads a context; what is malformed is left out. */
  extract(carrier: Carrier): Context {
    const { parent, baggage } = this.#propagator.extract(carrier);
    if (baggage === undefined) return parent === undefined ? NOTHING : new Context(parent);
    this.#baggageDropped += baggage.droppedByParse;
    return new Context(parent, baggage, acceptTransactionId(baggage.get(TRANSACTION_BAGGAGE_KEY)));
  }

  /** What did not get through. */
  counts(): CourierCounts {
    return { notInjected: this.#notInjected, baggageDropped: this.#baggageDropped };
  }
}
