/**
 * The k6 of `deno task loadtest --driver k6`: its VUs send when the load test says so, for as long as
 * it lives. One iteration a VU, so that what is between requests is only what a request needs.
 */
import http from "k6/http";
import type { Options } from "k6/options";
import { answered, take } from "k6/x/sextant";

const url = __ENV.SEXTANT_URL;

export const options: Options = {
  discardResponseBodies: true,
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
const params = { redirects: 0, timeout: "10s" };

export default function (): void {
  for (let due = take(); due !== null; due = take()) {
    answered(due, http.get(url, params).status);
  }
}
