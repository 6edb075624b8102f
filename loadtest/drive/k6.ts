import { fromFileUrl } from "@std/path";
import { decodeFromCompressedBase64, type JsHistogram } from "hdr-histogram-js";
import { preferAsOurselves } from "../collect/child.ts";
import { K6_ENV } from "../k6/binary.ts";
import type { Driver, Load, Slot } from "./driver.ts";

/** What a slot comes to, as k6 says it: a line of JSON. */
interface SlotReply extends Slot {
  /** What k6 used of its core in the slot, without what it does between slots. */
  readonly cpuMs?: number;
  /** Latencies from when each request was due, in µs: HdrHistogram's compressed V2 encoding. */
  readonly histogram: string;
  readonly error?: string;
}

/** How long k6 may take to compile the script and connect. */
const CONNECT_MS = 20_000;
const SCRIPT = fromFileUrl(new URL("../k6/slots.ts", import.meta.url));

/**
 * Drives a URL with k6: one process for as long as the driver is open, whose VUs are told slot by
 * slot when to send. So a slot is the same load as any other generator's: arrivals by chance, which
 * k6's own executors don't have, and latencies from when each request was due.
 *
 * @param program k6 with our extension.
 * @param core The core it is kept to; undefined where processes can't be pinned.
 * @throws {Error} When k6 ends before it is ready, with what it said.
 */
export async function k6Driver(
  program: string,
  url: string,
  connections: number,
  core: number | undefined,
): Promise<Driver> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const k6 = start(program, {
    ...K6_ENV,
    SEXTANT_CONTROL: `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    SEXTANT_URL: url,
    SEXTANT_CONNECTIONS: String(connections),
    // More threads than cores would only wait for each other.
    ...(core === undefined ? {} : { GOMAXPROCS: "1" }),
  }, core);
  const said = new Response(k6.stderr).text();
  const control = await connectionOf(listener, k6, said, program);
  const replies = linesOf(control);
  return {
    async slot(load, onLatencyUs) {
      await write(control, requestOf(load));
      const reply = await replies.next();
      if (reply.done) throw new Error(`k6 ended: ${(await said).trim().slice(-500)}`);
      const { histogram, error, cpuMs, ...slot }: SlotReply = JSON.parse(reply.value);
      if (error !== undefined) throw new Error(`k6: ${error}`);
      for (const [valueUs, count] of countsOf(histogram)) {
        for (let index = 0; index < count; index++) onLatencyUs(valueUs);
      }
      const busy = core === undefined || cpuMs === undefined
        ? undefined
        : Math.min(1, cpuMs / 1000 / Math.max(slot.seconds, 1e-3));
      return { ...slot, busy };
    },
    async close() {
      // Without its control, k6's VUs are told that there will be no request.
      control.close();
      const force = setTimeout(() => end(k6), 5000);
      await k6.status;
      clearTimeout(force);
      await said;
    },
  };
}

function start(
  program: string,
  env: Record<string, string>,
  core: number | undefined,
): Deno.ChildProcess {
  const run = ["run", "--quiet", "--summary-mode=disabled", "--no-thresholds", SCRIPT];
  const [first, ...args] = core === undefined
    ? [program, ...run]
    : ["taskset", "-c", String(core), program, ...run];
  const k6 = new Deno.Command(first, {
    args,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    // Ctrl-C in a terminal is for the load test, which measures its block to the end.
    detached: true,
  }).spawn();
  preferAsOurselves(k6.pid);
  return k6;
}

function end(k6: Deno.ChildProcess): void {
  try {
    k6.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}

/** Waits until k6 has connected, or has ended. */
async function connectionOf(
  listener: Deno.Listener,
  k6: Deno.ChildProcess,
  said: Promise<string>,
  program: string,
): Promise<Deno.Conn> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), CONNECT_MS);
  });
  try {
    const accepted = listener.accept();
    // It rejects when the listener is closed, which is nobody's business then.
    accepted.catch(() => {});
    const connection = await Promise.race([accepted, k6.status.then(() => undefined), late]);
    if (connection !== undefined) return connection;
    end(k6);
    throw new Error(`${program} was not ready to load: ${(await said).trim().slice(-500)}`);
  } finally {
    clearTimeout(timer);
    listener.close();
  }
}

function requestOf(load: Load): string {
  return JSON.stringify(
    load.mode === "closed" ? { closedMs: load.durationMs } : { arrivalsMs: load.arrivalsMs },
  ) + "\n";
}

async function write(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

async function* linesOf(connection: Deno.Conn): AsyncGenerator<string, void> {
  let text = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(64 * 1024);
  while (true) {
    let length: number | null;
    try {
      length = await connection.read(buffer);
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return;
      throw error;
    }
    if (length === null) return;
    text += decoder.decode(buffer.subarray(0, length), { stream: true });
    const lines = text.split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}

/** The values of a histogram and how many there are of each. */
function countsOf(encoded: string): [valueUs: number, count: number][] {
  const histogram = decodeFromCompressedBase64(encoded) as JsHistogram;
  const counts: [number, number][] = [];
  const iterator = histogram.recordedValuesIterator;
  iterator.reset();
  while (iterator.hasNext()) {
    const { valueIteratedTo, countAtValueIteratedTo } = iterator.next();
    counts.push([valueIteratedTo, countAtValueIteratedTo]);
  }
  return counts;
}
