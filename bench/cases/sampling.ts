import {
  adaptive,
  alwaysOn,
  createTelemetry,
  errors,
  pipe,
  probability,
  rateLimited,
  rules,
  type Sampler,
  slowerThan,
  tail,
} from "../../mod.ts";
import type { BenchCase } from "../case.ts";

const DECIDE = "sampling decision";
const TAIL = "trace of 4 spans, 1 in 100 with an error";

const NAMES = ["GET /", "GET /products/:sku", "POST /checkout"];

function deciding(make: () => Sampler): () => (count: number) => void {
  return () => {
    const sampler = make();
    let kept = 0;
    return (count) => {
      for (let index = 0; index < count; index++) {
        const { isSampled } = sampler({
          parent: undefined,
          randomHigh: Math.imul(index, 0x9e3779b1) & 0xffffff,
          randomLow: index,
          name: NAMES[index % 3],
          kind: 1,
          attributes: undefined,
        });
        if (isSampled) kept++;
      }
      if (kept === -1) console.log(kept);
    };
  };
}

function tracing(layers: () => Parameters<typeof pipe>[0][]): () => (count: number) => void {
  return () => {
    let seen = 0;
    const sink = { onSpan: () => void seen++ };
    const { tracer } = createTelemetry({
      service: "x",
      sinks: [pipe(...layers() as [], sink)],
    });
    return (count) => {
      for (let index = 0; index < count; index++) {
        const root = tracer.startSpan("root");
        for (let child = 0; child < 3; child++) {
          const span = root.startSpan("child", { index });
          if (index % 100 === 0) span.setStatus({ code: "error" });
          span.end();
        }
        root.end();
      }
      if (seen === -1) console.log(seen);
    };
  };
}

/** Head and tail decisions. */
export const SAMPLING_CASES: readonly BenchCase[] = [
  { group: DECIDE, name: "probability", role: "ours", setup: deciding(() => probability(0.1)) },
  {
    group: DECIDE,
    name: "rules, 3",
    role: "rival",
    setup: deciding(() =>
      rules([
        { name: "GET /health*", sampler: alwaysOn() },
        { name: "POST*", sampler: probability(0.5) },
      ], probability(0.1))
    ),
  },
  { group: DECIDE, name: "rateLimited", role: "rival", setup: deciding(() => rateLimited(100)) },
  { group: DECIDE, name: "adaptive", role: "rival", setup: deciding(() => adaptive(100)) },
  {
    group: TAIL,
    name: "tail",
    role: "ours",
    setup: tracing(() => [tail({ keep: [errors(), slowerThan(250)], otherwise: 0.01 })]),
  },
  { group: TAIL, name: "no layer", role: "floor", setup: tracing(() => []) },
];
