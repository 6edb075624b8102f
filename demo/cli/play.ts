import { type Health, parentOr, probability, type Sampler, type Telemetry } from "../../mod.ts";
import type { Flow, Play, PlaySettings } from "../console/api.ts";
import type { Queries } from "../store/queries.ts";
import type { Driven } from "./drive.ts";

/** The settings of a running demo, and what reads them. */
export interface Settings {
  readonly now: PlaySettings;
  /** Samples by the present ratio where a trace begins. */
  readonly sampler: Sampler;
  change(part: Partial<PlaySettings>): void;
  /** Adds a telemetry whose level follows. */
  follow(telemetry: Telemetry): void;
}

/** Settings that can be changed while the demo runs. */
export function createSettings(initial: PlaySettings): Settings {
  let now = initial;
  let root = probability(now.sampling);
  const followers: Telemetry[] = [];
  return {
    get now() {
      return now;
    },
    sampler: parentOr((request) => root(request)),
    change(part) {
      now = { ...now, ...part };
      root = probability(now.sampling);
      for (const telemetry of followers) telemetry.setLevel(now.level);
    },
    follow(telemetry) {
      followers.push(telemetry);
      telemetry.setLevel(now.level);
    },
  };
}

/** What the panel of the console works with. */
export function playOf(
  settings: Settings,
  driven: Driven,
  health: () => Record<string, Health>,
  queries: Queries,
): Play {
  let seen = { lastId: 0, requests: 0, failures: 0 };
  return {
    settings: () => settings.now,
    change: (part) => settings.change(part),
    flow(): Flow {
      const fresh = queries.requestsAfter(seen.lastId, "gateway");
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
  for (const { destinations: [collector] } of services) {
    sum.spans += collector.spans?.delivered ?? 0;
    sum.lines += collector.logs?.delivered ?? 0;
    sum.bytes += (collector.spans?.deliveredBytes ?? 0) + (collector.logs?.deliveredBytes ?? 0);
  }
  return sum;
}
