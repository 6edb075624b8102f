import { createTelemetry, pipe, redact } from "../../mod.ts";
import type { BenchCase } from "../case.ts";

const GROUP = "log record with 5 fields and nothing to hide";

function logging(isRedacted: boolean): () => (count: number) => void {
  return () => {
    let seen = 0;
    const sink = { onLog: () => void seen++ };
    const { log } = createTelemetry({
      service: "x",
      sinks: [isRedacted ? pipe(redact(), sink) : sink],
    });
    return (count) => {
      for (let index = 0; index < count; index++) {
        log.info("order received", {
          order: `o_${index}`,
          items: index,
          total: 12.5,
          isGift: false,
          sku: "tea",
        });
      }
      if (seen === -1) console.log(seen);
    };
  };
}

/** What a look for secrets costs where there are none. */
export const REDACT_CASES: readonly BenchCase[] = [
  { group: GROUP, name: "redact", role: "ours", setup: logging(true) },
  { group: GROUP, name: "no layer", role: "floor", setup: logging(false) },
];
