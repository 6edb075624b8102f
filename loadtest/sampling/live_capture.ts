import { startArm } from "../arms/start.ts";
import { poissonArrivals } from "../drive/arrivals.ts";
import { autocannonDriver } from "../drive/autocannon.ts";
import { seededRandom } from "../statistics/random.ts";
import { ALWAYS_ON, liveArms } from "./live_arms.ts";

/** What is captured, and where to. */
export interface CaptureOptions {
  readonly path: string;
  readonly ratePerS: number;
  readonly seconds: number;
  readonly connections: number;
  readonly seed: number;
}

/** Part of the load that warms up, and is not kept. */
const WARM_UP_SECONDS = 2;

/**
 * Loads the shop with every trace kept, and writes what arrives as the Collector's file exporter
 * would: OTLP protobuf, the length of each message before it.
 *
 * @returns How many bytes of OTLP a request took, and how many requests there were.
 */
export async function captureLive(
  { path, ratePerS, seconds, connections, seed }: CaptureOptions,
): Promise<{ requests: number; bytes: number }> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  let isKept = false;
  let bytes = 0;
  await using sink = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const body = await request.bytes();
      if (isKept) {
        const message = new Uint8Array(4 + body.length);
        new DataView(message.buffer).setUint32(0, body.length);
        message.set(body, 4);
        // One write a message: those of several services come side by side.
        file.writeSync(message);
        bytes += body.length;
      }
      return new Response(null, { headers: { "content-type": "application/x-protobuf" } });
    },
  );
  const [, , arm] = liveArms([ALWAYS_ON], { ratePerS, busiest: {} });
  const process = await startArm(arm, `http://127.0.0.1:${sink.addr.port}`, undefined);
  try {
    const driver = await autocannonDriver(`${process.origin}/`, connections);
    try {
      const random = seededRandom(seed);
      const load = (lengthS: number) => ({
        mode: "open" as const,
        arrivalsMs: poissonArrivals(ratePerS, lengthS * 1000, random),
      });
      await driver.slot(load(WARM_UP_SECONDS), () => {});
      await process.settle();
      isKept = true;
      const { requests } = await driver.slot(load(seconds), () => {});
      await process.settle();
      return { requests, bytes };
    } finally {
      await driver.close();
    }
  } finally {
    await process.stop();
  }
}
