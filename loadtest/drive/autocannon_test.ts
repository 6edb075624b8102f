import { assert, assertEquals } from "@std/assert";
import { quantile } from "../statistics/bootstrap.ts";
import { seededRandom } from "../statistics/random.ts";
import { poissonArrivals } from "./arrivals.ts";
import { autocannonDriver } from "./autocannon.ts";
import type { Driver, Load, Slot } from "./driver.ts";

/** Loads a server once; it is ended in any case. */
async function loaded(
  handle: (request: Request) => Response | Promise<Response>,
  work: (drive: (load: Load) => Promise<Slot & { latenciesUs: number[] }>) => Promise<void>,
  connections = 8,
): Promise<void> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handle);
  let driver: Driver | undefined;
  try {
    const made = driver = await autocannonDriver(
      `http://127.0.0.1:${server.addr.port}/`,
      connections,
    );
    await work(async (load) => {
      const latenciesUs: number[] = [];
      return { ...await made.slot(load, (us) => latenciesUs.push(us)), latenciesUs };
    });
  } finally {
    await driver?.close();
    await server.shutdown();
  }
}

const answer = () => new Response("ok");

Deno.test("arrivals by chance: as many as asked for on average, in order, from a seed", () => {
  const arrivals = poissonArrivals(1000, 100_000, seededRandom(1));
  assert(Math.abs(arrivals.length - 100_000) < 4 * Math.sqrt(100_000), `${arrivals.length}`);
  assert(arrivals.every((at, index) => index === 0 || at >= arrivals[index - 1]));
  const gaps = arrivals.slice(1).map((at, index) => at - arrivals[index]);
  // An exponential gap: its standard deviation is its mean, a part of 1/e is longer than the mean.
  const longer = gaps.filter((gap) => gap > 1).length / gaps.length;
  assert(Math.abs(longer - Math.exp(-1)) < 0.01, `${longer}`);
  assertEquals(
    poissonArrivals(50, 1000, seededRandom(3)),
    poissonArrivals(50, 1000, seededRandom(3)),
  );
});

Deno.test("fault 1, corrected: a server that stalls can't hide it, and nothing is invented", async () => {
  let count = 0;
  const stalling = async () => {
    // The hundredth request stalls for 300 ms, and with one connection all after it wait.
    if (++count === 100) await new Promise((resolve) => setTimeout(resolve, 300));
    return new Response("ok");
  };
  await loaded(stalling, async (drive) => {
    const arrivalsMs = Array.from({ length: 500 }, (_, index) => index * 2);
    const { requests, latenciesUs } = await drive({ mode: "open", arrivalsMs });
    // One sample a request: a stall makes those that were due in it late, and adds none.
    assertEquals([requests, latenciesUs.length], [500, 500]);
    const late = latenciesUs.filter((us) => us > 100_000).length;
    // 150 requests were due while it stalled; about 100 of them waited for over 100 ms.
    assert(late >= 80, `${late}`);
  }, 1);
});

Deno.test("fault 2, corrected: a rate is no burst a second", async () => {
  const times: number[] = [];
  await loaded(() => {
    times.push(performance.now());
    return answer();
  }, async (drive) => {
    const arrivalsMs = Array.from({ length: 200 }, (_, index) => index * 5);
    const { requests, seconds } = await drive({ mode: "open", arrivalsMs });
    assertEquals(requests, 200);
    assert(seconds >= 0.99, `${seconds}`);
    // autocannon's own rate would send the second's 200 requests at once, then pause.
    const firstTenth = times.filter((time) => time - times[0] < 100).length;
    assert(firstTenth < 60, `${firstTenth} of 200 in the first tenth`);
  });
});

Deno.test("fault 3, corrected: latencies are microseconds, not whole milliseconds", async () => {
  await loaded(answer, async (drive) => {
    const { latenciesUs } = await drive({ mode: "closed", durationMs: 200 });
    assert(latenciesUs.some((us) => us % 1000 !== 0));
    assert(quantile(latenciesUs, 0.5) > 0);
  });
});

Deno.test("what was asked is what was answered: no request is cut off at a slot's end", async () => {
  let served = 0;
  await loaded(() => {
    served++;
    return answer();
  }, async (drive) => {
    let counted = 0;
    for (
      const load of [
        { mode: "closed", durationMs: 50 },
        { mode: "open", arrivalsMs: poissonArrivals(2000, 50, seededRandom(1)) },
        { mode: "closed", durationMs: 50 },
      ] as const
    ) counted += (await drive(load)).requests;
    assertEquals(counted, served);
    assert(served > 100, `${served}`);
  });
});

Deno.test("answers of 400 and above are errors, and they are answered", async () => {
  await loaded(() => new Response("no", { status: 503 }), async (drive) => {
    const { requests, errors } = await drive({ mode: "open", arrivalsMs: [0, 1, 2, 3] });
    assertEquals([requests, errors], [4, 4]);
  });
});

Deno.test("how busy the generator is: much when it never waits, little at a low rate", async () => {
  await loaded(answer, async (drive) => {
    const closed = await drive({ mode: "closed", durationMs: 300 });
    const open = await drive({ mode: "open", arrivalsMs: [0, 500] });
    assert(closed.busy! > open.busy!, `${closed.busy} and ${open.busy}`);
    assert(open.busy! > 0 && closed.busy! <= 1);
    assertEquals([open.unsent, open.requests], [0, 2]);
  });
});
