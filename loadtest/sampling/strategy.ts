import {
  adaptive,
  alwaysOff,
  alwaysOn,
  type Clock,
  errors,
  fingersCrossed,
  type Layer,
  limitLines,
  parentOr,
  probability,
  rare,
  rateLimited,
  rules,
  sampledLogs,
  type Sampler,
  slowerThan,
  tail,
  type TailRule,
} from "../../mod.ts";

/** What of a telemetry a strategy decides. */
export interface StrategyParts {
  readonly sampler?: Sampler;
  readonly layers?: readonly Layer[];
  /** Default "info". */
  readonly level?: string;
}

/** A way to choose what is kept. */
export interface Strategy {
  readonly name: string;
  /** The part of the spans that it was set to keep; undefined when it has no such setting. */
  readonly budget?: number;
  readonly signals: "traces" | "logs" | "both";
  /** It, as it is written into `createTelemetry`. */
  readonly configuration: string;
  /** Made anew for each replay; `clock` is the replay's. */
  readonly make: (clock: Clock) => StrategyParts;
}

/** What the strategies of a budget have to know of the stream. */
export interface Budget {
  /** The part of the traces that is to be kept. */
  readonly part: number;
  /** Traces a second, bursts included. */
  readonly ratePerS: number;
  /** The part of the traces that a tail with these rules keeps by them alone. */
  readonly ruleParts: { readonly errors: number; readonly all: number };
}

/** Longer than most: what `slowerThan` is given here, in milliseconds. */
const SLOW_MS = 150;

/** What is left of a budget for the traces that no rule keeps. */
function rest(part: number, byRules: number): number {
  // Where the rules alone take all of it, a little is left so that counts stay possible.
  return Number(Math.max(part / 100, (part - byRules) / (1 - byRules)).toPrecision(3));
}

const TAIL_RULES = () => [errors(), slowerThan(SLOW_MS), rare()];

/** The rules of a tail, alone: a pilot tells what they take. */
export const RULES_ALONE: Readonly<Record<keyof Budget["ruleParts"], Strategy>> = {
  errors: tailStrategy("errors alone", "errors()", () => [errors()], 0, undefined),
  all: tailStrategy("rules alone", "", TAIL_RULES, 0, undefined),
};

function tailStrategy(
  name: string,
  keep: string,
  make: () => TailRule[],
  otherwise: number,
  budget: number | undefined,
): Strategy {
  return {
    name,
    budget,
    signals: "traces",
    configuration: `sinks: [pipe(tail({ keep: [${keep}], otherwise: ${otherwise} }), otlp())]`,
    make: () => ({ layers: [tail({ keep: make(), otherwise })] }),
  };
}

function headStrategy(
  name: string,
  budget: number | undefined,
  configuration: string,
  make: (clock: Clock) => Sampler,
): Strategy {
  return {
    name,
    budget,
    signals: "traces",
    configuration: `sampler: parentOr(${configuration})`,
    make: (clock) => ({ sampler: parentOr(make(clock)) }),
  };
}

/** The strategies of a budget, head and tail, alone and composed. */
export function strategiesOf({ part, ratePerS, ruleParts }: Budget): Strategy[] {
  const perSecond = Number((part * ratePerS).toPrecision(3));
  const label = (name: string) => `${name}, ${Number((part * 100).toPrecision(2))} %`;
  const tailRules = `errors(), slowerThan(${SLOW_MS}), rare()`;
  // Half of the budget at the start, and of that the tail may keep its whole.
  const head = Math.min(1, part * 4);
  const behindHead = rest(part / head, ruleParts.all);
  return [
    headStrategy(label("probability"), part, `probability(${part})`, () => probability(part)),
    headStrategy(
      label("rules"),
      part,
      `rules([{ name: "GET /route-0", sampler: probability(${part / 2}) }], probability(${
        Math.min(1, part * 1.3)
      }))`,
      () =>
        rules(
          [{ name: "GET /route-0", sampler: probability(part / 2) }],
          probability(Math.min(1, part * 1.3)),
        ),
    ),
    headStrategy(
      label("rate limit"),
      part,
      `rateLimited(${perSecond})`,
      (clock) => rateLimited(perSecond, { clock }),
    ),
    headStrategy(
      label("adaptive"),
      part,
      `adaptive(${perSecond})`,
      (clock) => adaptive(perSecond, { clock }),
    ),
    tailStrategy(
      label("tail: errors"),
      "errors()",
      () => [errors()],
      rest(part, ruleParts.errors),
      part,
    ),
    tailStrategy(
      label("tail: errors, slow, rare"),
      tailRules,
      TAIL_RULES,
      rest(part, ruleParts.all),
      part,
    ),
    {
      ...headStrategy(label("head, then tail"), part, "", () => alwaysOn()),
      configuration: `sampler: parentOr(probability(${head})), ` +
        `sinks: [pipe(tail({ keep: [${tailRules}], otherwise: ${behindHead} }), otlp())]`,
      make: () => ({
        sampler: parentOr(probability(head)),
        layers: [tail({ keep: TAIL_RULES(), otherwise: behindHead })],
      }),
    },
  ];
}

/** The strategies that have no budget. */
export function fixedStrategies(): Strategy[] {
  return [
    headStrategy("always on", undefined, "alwaysOn()", () => alwaysOn()),
    headStrategy("always off", undefined, "alwaysOff()", () => alwaysOff()),
  ];
}

/** Strategies for lines. */
export function logStrategies(part: number): Strategy[] {
  const logs = (
    name: string,
    configuration: string,
    make: (clock: Clock) => StrategyParts,
  ): Strategy => ({ name, signals: "logs", configuration, make });
  const percent = Number((part * 100).toPrecision(2));
  return [
    logs("lines: debug", 'level: "debug"', () => ({ level: "debug" })),
    logs("lines: info", 'level: "info"', () => ({})),
    logs("lines: error", 'level: "error"', () => ({ level: "error" })),
    logs(
      "lines: fingers crossed",
      'level: "debug", sinks: [pipe(fingersCrossed({ pass: "error" }), otlp())]',
      () => ({ level: "debug", layers: [fingersCrossed({ pass: "error" })] }),
    ),
    logs(
      "lines: limited",
      "sinks: [pipe(limitLines({ first: 20, windowMs: 1000 }), otlp())]",
      () => ({ layers: [limitLines({ first: 20, windowMs: 1000 })] }),
    ),
    logs(
      `lines: with the trace, ${percent} %`,
      `sampler: parentOr(probability(${part})), sinks: [pipe(sampledLogs(), otlp())]`,
      () => ({ sampler: parentOr(probability(part)), layers: [sampledLogs()] }),
    ),
  ];
}

/** Logs only, traces only, and both, each with the probability that makes their bytes equal. */
export function equalByteStrategies(
  bytesPerTrace: number,
  whole: { readonly logs: number; readonly traces: number; readonly both: number },
): Strategy[] {
  return (["logs", "traces", "both"] as const).map((signals): Strategy => {
    const part = Number(Math.min(1, bytesPerTrace / whole[signals]).toPrecision(3));
    return {
      name: `${signals === "both" ? "both" : `${signals} only`}, equal bytes`,
      signals,
      configuration: `sampler: parentOr(probability(${part}))` +
        (signals === "traces" ? "" : ", sinks: [pipe(sampledLogs(), otlp())]"),
      make: () => ({
        sampler: parentOr(probability(part)),
        layers: signals === "traces" ? [] : [sampledLogs()],
      }),
    };
  });
}
