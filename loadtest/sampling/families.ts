import {
  adaptive,
  allOf,
  alwaysOn,
  type Clock,
  errors,
  parentOr,
  probability,
  rare,
  rateLimited,
  rules,
  type Sampler,
  slowerThan,
  tail,
  type TailRule,
} from "../../mod.ts";
import type { Family, Known, Strategy } from "./strategy.ts";

/** Longer than most: what `slowerThan` is given here, in milliseconds. */
export const SLOW_MS = 150;
const head = (configuration: string, make: (clock: Clock) => Sampler): Omit<Strategy, "name"> => ({
  signals: "traces",
  configuration: `sampler: parentOr(${configuration})`,
  make: (clock) => ({ sampler: parentOr(make(clock)) }),
});

const patternText = ({ name, attributes }: Known["busiest"]) =>
  name === undefined
    ? `attributes: ${JSON.stringify(attributes)}`
    : `name: ${JSON.stringify(name)}`;

/** As people write it: three digits. */
const rounded = (value: number) => Number(value.toPrecision(3));
const asItIs = (part: number) => part;
const perSecond = (part: number, { ratePerS }: Known) => part * ratePerS;

interface TailKind {
  readonly name: string;
  readonly keep: string;
  readonly make: () => TailRule[];
}

const TAILS: readonly TailKind[] = [
  { name: "tail: errors", keep: "errors()", make: () => [errors()] },
  { name: "tail: slow", keep: `slowerThan(${SLOW_MS})`, make: () => [slowerThan(SLOW_MS)] },
  { name: "tail: rare", keep: "rare()", make: () => [rare()] },
  {
    name: "tail: errors, slow, rare",
    keep: `errors(), slowerThan(${SLOW_MS}), rare()`,
    make: () => [errors(), slowerThan(SLOW_MS), rare()],
  },
];

function tailFamily(
  { name, keep, make }: TailKind,
  topology: "process" | "services" = "process",
): Family {
  return {
    name: topology === "process" ? name : `${name}, each service`,
    max: 1,
    guess: asItIs,
    hasBase: true,
    of: (otherwise) => ({
      signals: "traces",
      topology,
      isEveryErrorKept: keep.includes("errors()"),
      configuration: `sinks: [pipe(tail({ keep: [${keep}], otherwise: ${otherwise} }), otlp())]`,
      make: () => ({ layers: [tail({ keep: make(), otherwise })] }),
    }),
  };
}

const ALL_RULES = TAILS[3];

/** Strategies for traces, head and tail, alone and composed. */
export const TRACE_FAMILIES: readonly Family[] = [
  {
    name: "probability",
    max: 1,
    guess: asItIs,
    hasBase: false,
    of: (part) => head(`probability(${part})`, () => probability(part)),
  },
  {
    name: "parent threshold",
    max: 1,
    guess: asItIs,
    hasBase: false,
    of: (part) => ({
      ...head("alwaysOn()", () => alwaysOn()),
      upstream: part,
      configuration: `sampler: parentOr(alwaysOn()) behind a proxy that keeps ${part}`,
    }),
  },
  {
    name: "rules",
    max: 1,
    guess: asItIs,
    hasBase: false,
    of: (part, { busiest }) =>
      head(
        `rules([{ ${patternText(busiest)}, sampler: probability(${part / 4}) }], ` +
          `probability(${part}))`,
        () => rules([{ ...busiest, sampler: probability(part / 4) }], probability(part)),
      ),
  },
  {
    name: "rate limit",
    max: 1e9,
    guess: perSecond,
    hasBase: false,
    of: (limit) => head(`rateLimited(${limit})`, (clock) => rateLimited(limit, { clock })),
  },
  {
    name: "adaptive",
    max: 1e9,
    guess: perSecond,
    hasBase: false,
    of: (limit) => head(`adaptive(${limit})`, (clock) => adaptive(limit, { clock })),
  },
  {
    name: "half, rate limit",
    max: 1e9,
    guess: perSecond,
    hasBase: false,
    of: (limit) =>
      head(
        `allOf(probability(0.5), rateLimited(${limit}))`,
        (clock) => allOf(probability(0.5), rateLimited(limit, { clock })),
      ),
  },
  ...TAILS.map((kind) => tailFamily(kind)),
  {
    name: "head, then tail",
    max: 1,
    guess: asItIs,
    hasBase: false,
    of: (part) => {
      // The head takes a quarter of the thinning, so that most of what rules look for gets to them.
      const [first, rest] = [rounded(part ** 0.25), rounded(part ** 0.75)];
      return {
        signals: "traces",
        configuration: `sampler: parentOr(probability(${first})), ` +
          `sinks: [pipe(tail({ keep: [${ALL_RULES.keep}], otherwise: ${rest} }), otlp())]`,
        make: () => ({
          sampler: parentOr(probability(first)),
          layers: [tail({ keep: ALL_RULES.make(), otherwise: rest })],
        }),
      };
    },
  },
  tailFamily(TAILS[0], "services"),
];
