/** Strategies of one's own: `deno task loadtest sampling --strategies loadtest/sampling/examples/strategies.ts` */
import { alwaysOn, errors, probability, rules, slowerThan, tail } from "../../../mod.ts";
import type { Strategy } from "../strategy.ts";

const strategies: readonly Strategy[] = [
  {
    name: "mine: the checkout whole, the rest thin",
    signals: "traces",
    configuration: 'rules([{ name: "GET /route-3", sampler: alwaysOn() }], probability(0.02))',
    make: () => ({
      sampler: rules([{ name: "GET /route-3", sampler: alwaysOn() }], probability(0.02)),
    }),
  },
  {
    name: "mine: a tail of my own rule",
    signals: "traces",
    isEveryErrorKept: true,
    configuration: "tail({ keep: [errors(), wide], otherwise: 0.01 })",
    make: () => ({
      layers: [tail({
        // Traces of many spans are what is looked for here.
        keep: [errors(), slowerThan(400), ({ spans }) => spans.length > 9],
        otherwise: 0.01,
      })],
    }),
  },
];

export default strategies;
