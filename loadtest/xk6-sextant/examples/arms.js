// Two arms of a service, a hundred requests a second.
// k6 run --out sextant=segment.ndjson -e OFF=http://127.0.0.1:8081 -e TRACES=http://127.0.0.1:8082 examples/arms.js
import http from "k6/http";
import { plan } from "k6/x/sextant";

const urls = { off: __ENV.OFF, traces: __ENV.TRACES };
const test = plan({
  seed: 1,
  ratePerS: 100,
  arms: [{ name: "off" }, { name: "traces", sampled: 0.1 }],
});

export const options = {
  scenarios: {
    requests: {
      executor: "constant-arrival-rate",
      rate: 100,
      timeUnit: "1s",
      duration: "30s",
      preAllocatedVUs: 50,
    },
  },
  thresholds: { dropped_iterations: ["count==0"] },
};

export default function () {
  const iteration = test.next();
  http.get(urls[iteration.arm], {
    headers: iteration.headers(),
    tags: { arm: iteration.arm, step: "get", name: "get" },
  });
  iteration.end();
}
