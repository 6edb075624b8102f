import {
  alwaysOn,
  createTelemetry,
  errors,
  type Health,
  type Layer,
  parentOr,
  probability,
  rare,
  rateLimited,
  reloadable,
  reloadableLayer,
  rules,
  type Sampler,
  slowerThan,
  tail,
  type Telemetry,
} from "../../mod.ts";
import type { Flow, Play, PlaySettings } from "../console/play.ts";
import type { Asked } from "../store/queries.ts";
import type { Driven } from "./drive.ts";

/** The settings of a running demo, and what reads them. */
export interface Settings {
  readonly now: PlaySettings;
  /** Samples by the present ratio where a trace begins. */
  readonly sampler: Sampler;
  /** A layer that holds back traces until their end, while that is asked for. */
  tail(): Layer;
  /** @throws {RangeError} When a level directive can't be read: it says why. */
  change(part: Partial<PlaySettings>): void;
  /** Adds a telemetry whose level follows. */
  follow(telemetry: Telemetry): void;
}

/** Settings that can be changed while the demo runs. */
export function createSettings(initial: PlaySettings): Settings {
  let now = initial;
  const root = reloadable(samplerOf(now));
  const tails: ReturnType<typeof reloadableLayer>[] = [];
  const followers: Telemetry[] = [];
  return {
    get now() {
      return now;
    },
    sampler: parentOr(root),
    tail() {
      const layer = reloadableLayer(tailOf(now));
      tails.push(layer);
      return layer;
    },
    change(part) {
      checkLevel(part.level ?? now.level);
      const before = now;
      now = { ...now, ...part };
      root.reload(samplerOf(now));
      if (now.tail !== before.tail) { for (const layer of tails) layer.reload(tailOf(now)); }
      for (const telemetry of followers) telemetry.setLevel(now.level);
    },
    follow(telemetry) {
      followers.push(telemetry);
      telemetry.setLevel(now.level);
    },
  };
}

/** Tried on a telemetry of its own: the services would take the part they understand. */
function checkLevel(level: string): void {
  const { warnings } = createTelemetry({ service: "check", level, sinks: [] }).health();
  if (warnings.length > 0) throw new RangeError(warnings.join("; "));
}

/** Traces a second under a limit. */
const LIMIT = 5;

function samplerOf({ sampler, sampling }: PlaySettings): Sampler {
  if (sampler === "limit") return rateLimited(LIMIT);
  const ratio = probability(sampling);
  return sampler === "rules" ? rules([{ route: "/checkout", sampler: alwaysOn() }], ratio) : ratio;
}

function tailOf({ tail: choice }: PlaySettings): Layer | undefined {
  return choice === "off"
    ? undefined
    : tail({ keep: [errors(), slowerThan(100), rare({ windowMs: 10_000 })] });
}

/** What the panel of the console works with. */
export function playOf(
  settings: Settings,
  driven: Driven,
  health: () => Record<string, Health>,
  queries: Asked,
): Play {
  let seen = { lastId: 0, requests: 0, failures: 0 };
  return {
    settings: () => settings.now,
    change: (part) => settings.change(part),
    async flow(): Promise<Flow> {
      const fresh = await queries.requestsAfter(seen.lastId, "gateway");
      seen = {
        lastId: fresh.lastId,
        requests: seen.requests + fresh.requests,
        failures: seen.failures + fresh.failures,
      };
      return {
        timeMs: Date.now(),
        requests: driven.sent,
        failures: driven.failures,
        tracesSeen: seen.requests,
        failuresSeen: seen.failures,
        ...delivered(Object.values(health())),
      };
    },
  };
}

/** What all services have delivered to the demo's collector, the first destination of each. */
function delivered(services: readonly Health[]): Pick<Flow, "spans" | "lines" | "bytes"> {
  const sum = { spans: 0, lines: 0, bytes: 0 };
  for (const { destinations } of services) {
    const collector = destinations.find(({ name }) => name === "otlp");
    if (collector === undefined) continue;
    sum.spans += collector.spans?.delivered ?? 0;
    sum.lines += collector.logs?.delivered ?? 0;
    sum.bytes += (collector.spans?.deliveredBytes ?? 0) + (collector.logs?.deliveredBytes ?? 0);
  }
  return sum;
}
