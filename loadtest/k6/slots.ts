/**
 * The k6 of `deno task loadtest --driver k6`: its VUs send when the load test says so, for as long as
 * it lives. One iteration a VU, so that what is between requests is only what a request needs.
 */
import type { Options } from "k6/options";
import { send } from "k6/x/sextant";

export const options: Options = {
  maxRedirects: 0,
  // Nobody reads k6's own metrics here.
  systemTags: [],
  scenarios: {
    slots: {
      executor: "per-vu-iterations",
      vus: Number(__ENV.SEXTANT_CONNECTIONS),
      iterations: 1,
      maxDuration: "24h",
      gracefulStop: "1s",
    },
  },
};

// Without a traceparent: the samplers of the arms decide, as they do for any other generator.
export default function (): void {
  send(__ENV.SEXTANT_URL);
}
