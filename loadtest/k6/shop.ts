/**
 * The shop's scenarios for k6: one scenario at a constant arrival rate, each of whose iterations goes
 * to an arm that the seed decides. Two scenarios side by side would be in step with each other.
 *
 *   k6 run --out sextant=segment.ndjson -e SEXTANT_TEST=./test.json shop.ts
 *
 * Runs of many requests go without k6's own metrics, which keep every value in memory:
 * --summary-mode=disabled --no-thresholds; `deno task loadtest merge` holds the thresholds.
 */
import http from "k6/http";
import type { Options, Threshold } from "k6/options";
import { dice, type Iteration, plan } from "k6/x/sextant";
import type { K6Test } from "./test_plan.ts";

const test: K6Test = JSON.parse(open(__ENV.SEXTANT_TEST ?? "./test.json"));
const { arms, ratePerS, seed, scenario } = test;
const urls = Object.fromEntries(arms.map(({ name, url }) => [name, url]));
/** Arms whose own sampler decides: a trace that began here would take that from it. */
const ownSampler = new Set(arms.filter(({ sampled }) => sampled === null).map(({ name }) => name));

const bound = plan({
  seed,
  ratePerS,
  arms: arms.map(({ name, weight, sampled }) => ({ name, weight, sampled: sampled ?? undefined })),
});

export const options: Options = {
  discardResponseBodies: true,
  scenarios: {
    [scenario]: {
      executor: "constant-arrival-rate",
      rate: ratePerS,
      timeUnit: "1s",
      duration: `${test.durationS}s`,
      preAllocatedVUs: test.vus,
      maxVUs: test.vus,
      gracefulStop: "30s",
    },
  },
  thresholds: thresholds(),
};

/** Nothing dropped, nothing failed, and each arm within its limit. */
function thresholds(): Record<string, Threshold[]> {
  const limits: Record<string, Threshold[]> = { dropped_iterations: ["count==0"] };
  for (const { name } of arms) {
    limits[`http_req_failed{arm:${name}}`] = ["rate==0"];
    limits[`http_req_duration{arm:${name}}`] = [`p(99)<${test.p99MaxMs}`];
  }
  return limits;
}

/** Every iteration begins by looking for its target, so that one that is not there is named at once. */
export function setup(): void {
  for (const { name, url } of arms) {
    const { status, error } = http.get(`${url}/healthz`, { tags: { arm: name, step: "setup" } });
    // Whatever it answers, it is there.
    if (status === 0) throw new Error(`the arm ${name} does not answer at ${url}: ${error}`);
  }
}

export default function (): void {
  const iteration = bound.next();
  if (scenario === "path") get(iteration, "get", test.path);
  else shop(iteration);
  iteration.end();
}

const SKUS = ["tea", "coffee", "mug", "kettle", "sextant", "compass", "lantern"];
const WORDS = ["tea", "mug", "brass", "storm", "nothing"];

/** A shopper looks around, looks for something, or buys. */
function shop(iteration: Iteration): void {
  // Other dice than the arm's, so that every arm has the same shoppers.
  const chance = dice(seed ^ 1, iteration.number);
  const one = (list: readonly string[]) =>
    list[Math.floor(dice(seed ^ 2, iteration.number) * list.length)];
  if (chance < 0.5) {
    get(iteration, "products", "/products");
    get(iteration, "product", `/products/${one(SKUS)}`);
  } else if (chance < 0.75) {
    get(iteration, "search", `/search?q=${one(WORDS)}`);
  } else {
    get(iteration, "product", `/products/${one(SKUS)}`);
    checkout(iteration, one(SKUS));
  }
}

function headersOf(iteration: Iteration): Record<string, string> {
  return ownSampler.has(iteration.arm) ? {} : iteration.headers();
}

function get(iteration: Iteration, step: string, path: string): void {
  http.get(urls[iteration.arm] + path, {
    headers: headersOf(iteration),
    tags: { arm: iteration.arm, step, name: step },
  });
}

function checkout(iteration: Iteration, sku: string): void {
  const body = JSON.stringify({
    items: [{ sku, quantity: 1 }],
    card: { number: "4242424242424242" },
    email: "ada@example.com",
  });
  http.post(`${urls[iteration.arm]}/checkout`, body, {
    headers: { ...headersOf(iteration), "content-type": "application/json" },
    tags: { arm: iteration.arm, step: "checkout", name: "checkout" },
  });
}
