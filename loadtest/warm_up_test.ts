import { assertEquals } from "@std/assert";
import type { FlushReply } from "./arms/serve.ts";
import { commandOf, planFrom } from "./command.ts";
import type { Load } from "./drive/driver.ts";
import type { LoadedArm, Rig } from "./measure.ts";
import { warmUp } from "./warm_up.ts";
import { watchOf } from "./watch.ts";

const PER_SLOT = 100;

/** Arms whose every slot has a hundred requests that cost what `cpuUsOf` says of those before. */
async function warmedUp(
  args: readonly string[],
  cpuUsOf: (before: number) => number,
  warmUpSeconds = 60,
) {
  const given = commandOf(["plan", "--preset", "smoke", "--arms", "off", ...args]);
  const { plan: base } = await planFrom(given);
  const plan = { ...base, warmUpRequests: 450, warmUpSeconds, warmUpRounds: 12 };
  const loads: [string, Load["mode"]][] = [];
  const armOf = (name: string): LoadedArm => {
    let requests = 0;
    let cpuUs = 0;
    const reply = { rssBytes: 0, heapBytes: 0, userUs: null, systemUs: null, delivered: null };
    const settle = (): Promise<FlushReply> =>
      Promise.resolve({ ...reply, cpuUs, dropped: {}, loopDelaysUs: [] });
    const slot = ({ mode }: Load) => {
      loads.push([name, mode]);
      cpuUs += PER_SLOT * cpuUsOf(requests);
      requests += PER_SLOT;
      return Promise.resolve({ requests: PER_SLOT, errors: 0, seconds: 0.1, late: 0 });
    };
    const close = () => Promise.resolve();
    return {
      process: { origin: "", settle, stop: close },
      drivers: { autocannon: { slot, close } },
    };
  };
  await using sink = Deno.serve({ port: 0, onListen() {} }, () => Response.json(null));
  const rig: Rig = {
    plan,
    arms: new Map(plan.arms.map((name) => [name, armOf(name)])),
    sink: { url: `http://127.0.0.1:${sink.addr.port}`, pid: Deno.pid },
    random: () => 0.5,
  };
  const stop = new AbortController();
  const done = { requests: 0, blocks: 0, restarts: 0 };
  const watch = watchOf(plan, done, stop.signal, () => {});
  return { rounds: await warmUp(rig, watch), loads, plan };
}

Deno.test("every arm answers its requests in a closed loop before rounds as measured begin", async () => {
  const { rounds, loads, plan } = await warmedUp([], () => 50);
  assertEquals(rounds, 8, "the least of four rounds is held against that of the four before");
  for (const arm of plan.arms) {
    const own = loads.filter(([name]) => name === arm).map(([, mode]) => mode);
    assertEquals(own.filter((mode) => mode === "closed").length, 5, "450 in slots of 100");
    assertEquals(own.lastIndexOf("closed") < own.indexOf("open"), true);
  }
});

Deno.test("a cost that falls to the end was never steady", async () => {
  const { rounds, loads, plan } = await warmedUp([], (before) => 2 ** (-before / PER_SLOT));
  assertEquals(rounds, null);
  assertEquals(loads.length, plan.arms.length * (5 + 12));
});

Deno.test("an arm that answers slowly is warmed up for as long as the plan gives it", async () => {
  const { loads, plan } = await warmedUp([], () => 50, 1);
  for (const arm of plan.arms) {
    const closed = loads.filter(([name, mode]) => name === arm && mode === "closed");
    assertEquals(closed.length, 3, "slots of 400 ms, until a second is over");
  }
});
