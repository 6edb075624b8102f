import { poissonArrivals } from "../drive/arrivals.ts";
import { seededRandom } from "../statistics/random.ts";
import { readCapture } from "./capture.ts";
import { tracesOf } from "./stream.ts";
import { meanRateOf, type TrueTrace, type World } from "./world.ts";

/** Where traces come from; told to workers. */
export type SourceSpec =
  | { readonly kind: "world"; readonly world: World }
  | {
    readonly kind: "capture";
    readonly path: string;
    /** How rare each rare path is. */
    readonly rarities: ReadonlyMap<string, number>;
    /** Times between traces are so many times as long: another rate. Default 1. */
    readonly pace?: number;
    /** The traces again and again, as a load in slots would bring them. */
    readonly slots?: Slots;
  };

/** A load that comes in slots, one a block, with the slots of other arms around it. */
export interface Slots {
  readonly ratePerS: number;
  readonly slotMs: number;
  /** Arms in a block: the order is by chance, and in every second block the other way round. */
  readonly arms: number;
  readonly slots: number;
}

/** So many traces come at a time. */
const CHUNK_TRACES = 200;

/** The first traces of a source, in the order of their starts, some at a time. */
export async function* chunksOf(
  source: SourceSpec,
  seed: number,
  count: number,
): AsyncGenerator<TrueTrace[]> {
  let chunk: TrueTrace[] = [];
  let left = count;
  for await (
    const trace of source.kind === "world" ? tracesOf(source.world, seed) : captured(source, seed)
  ) {
    if (left-- <= 0) break;
    chunk.push(trace);
    if (chunk.length < CHUNK_TRACES) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

type CaptureSpec = Extract<SourceSpec, { kind: "capture" }>;

async function* captured(spec: CaptureSpec, seed: number): AsyncGenerator<TrueTrace> {
  if (spec.slots !== undefined) return yield* slotted(spec, spec.slots, seed);
  const { path, rarities, pace = 1 } = spec;
  for await (const trace of readCapture(path)) {
    yield { ...trace, startMs: trace.startMs * pace, rarity: rarities.get(trace.path) };
  }
}

/** The traces of a capture as the requests of a load that the harness brings, in their own order. */
async function* slotted(
  { path, rarities }: CaptureSpec,
  { ratePerS, slotMs, arms, slots }: Slots,
  seed: number,
): AsyncGenerator<TrueTrace> {
  const traces: TrueTrace[] = [];
  for await (const trace of readCapture(path)) traces.push(trace);
  const random = seededRandom(seed + 77_777);
  let next = Math.floor(random() * traces.length);
  let place = 0;
  for (let slot = 0; slot < slots; slot++) {
    // What limits a rate keeps more after a longer pause.
    place = slot % 2 === 0 ? Math.floor(random() * arms) : arms - 1 - place;
    for (const atMs of poissonArrivals(ratePerS, slotMs, random)) {
      const trace = traces[next++ % traces.length];
      const startMs = (slot * arms + place) * slotMs + atMs;
      yield { ...trace, startMs, rarity: rarities.get(trace.path) };
    }
  }
}

/** The same source at another mean rate, in traces a second. */
export function atRate(source: SourceSpec, wanted: number, now: number): SourceSpec {
  if (source.kind === "capture") return { ...source, pace: (source.pace ?? 1) * now / wanted };
  const { world } = source;
  return {
    kind: "world",
    world: { ...world, ratePerS: world.ratePerS * wanted / meanRateOf(world) },
  };
}
