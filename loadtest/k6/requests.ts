/** As many requests as SEXTANT_REQUESTS, as fast as they are answered: for `loadtest k6-memory`. */
import http from "k6/http";
import type { Options } from "k6/options";
import { plan } from "k6/x/sextant";

const bound = plan({ seed: 1, arms: [{ name: "one" }, { name: "other" }] });

export const options: Options = {
  discardResponseBodies: true,
  scenarios: {
    requests: {
      executor: "shared-iterations",
      vus: 16,
      iterations: Number(__ENV.SEXTANT_REQUESTS),
      maxDuration: "24h",
    },
  },
};

export default function (): void {
  const iteration = bound.next();
  http.get(__ENV.SEXTANT_URL, { tags: { arm: iteration.arm, step: "get", name: "get" } });
  iteration.mark("number", iteration.number % 5000 + 1);
}
