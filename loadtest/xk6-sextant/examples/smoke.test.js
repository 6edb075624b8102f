// The smoke test: needs no server. k6 run --out sextant=- examples/smoke.test.js
import { check } from "k6";
import { dice, plan, traceHeaders } from "k6/x/sextant";

const test = plan({ seed: 1, arms: [{ name: "a" }, { name: "b", weight: 2 }] });

export const options = {
  iterations: 20,
  vus: 2,
  thresholds: { checks: ["rate==1"] },
};

export default function () {
  const iteration = test.next();
  check(iteration, {
    "the arm is one of the plan": ({ arm }) => arm === "a" || arm === "b",
    "the dice decide about it": ({ arm, number }) => (dice(1, number) < 1 / 3) === (arm === "a"),
    "a trace begins": () => /^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/.test(traceHeaders().traceparent),
  });
  iteration.mark("number", iteration.number + 1);
  iteration.end();
}
