/** Iterations that record their own number: what segments record can be told beforehand. */
import { plan } from "k6/x/sextant";

const bound = plan({
  seed: 11,
  arms: [{ name: "off" }, { name: "logs", weight: 2 }, { name: "traces" }],
});

export const options = {
  scenarios: {
    numbers: { executor: "shared-iterations", vus: 6, iterations: Number(__ENV.ITERATIONS) },
  },
};

export default function () {
  const iteration = bound.next();
  iteration.mark("number", iteration.number + 1);
  iteration.mark("thousandth", iteration.number % 1000 * 997 + 1);
}
