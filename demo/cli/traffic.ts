import { seededRandom } from "../services/faults.ts";

/** A request of the seeded traffic. */
export interface PlannedRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
}

const SKUS = ["tea", "coffee", "mug", "kettle", "sextant", "compass", "lantern"];
const WORDS = ["tea", "mug", "brass", "storm", "nothing like it"];

/** Shoppers: mostly looking, now and then buying, some with a bad card, a few lost. */
export function* traffic(seed: number): Generator<PlannedRequest> {
  const random = seededRandom(seed);
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const checkout = (card: string, sku: string): PlannedRequest => ({
    method: "POST",
    path: "/checkout",
    body: JSON.stringify({
      items: [{ sku, quantity: 1 + Math.floor(random() * 3) }],
      card: { number: card },
      email: "ada@example.com",
    }),
  });
  while (true) {
    const dice = random();
    if (dice < 0.4) yield { method: "GET", path: `/products/${one(SKUS)}` };
    else if (dice < 0.5) yield { method: "GET", path: "/products" };
    else if (dice < 0.6) {
      yield { method: "GET", path: `/search?q=${encodeURIComponent(one(WORDS))}` };
    } else if (dice < 0.84) yield checkout("4242424242424242", one(SKUS));
    else if (dice < 0.91) yield checkout("4000000000000002", one(SKUS));
    else if (dice < 0.95) yield checkout("4242424242424242", "astrolabe");
    else if (dice < 0.98) yield { method: "POST", path: "/checkout", body: '{"items":[]}' };
    else yield { method: "GET", path: "/no-such-page" };
  }
}
