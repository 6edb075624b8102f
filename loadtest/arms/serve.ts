/** What the process of an arm says first on its standard output. */
export interface ServerReady {
  /** The port that flushes it and reads what it has used. */
  readonly control: number;
  /** The port that is loaded. */
  readonly gateway: number;
}

/** What it answers to a flush. */
export interface FlushReply {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly cpuUs: number;
  /** CPU in the program and in the kernel; null where unknown. */
  readonly userUs: number | null;
  readonly systemUs: number | null;
  /** Records lost so far, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Spans and lines that were delivered so far; null where unknown. */
  readonly delivered: number | null;
  /** How late each turn of a timer was since it was last asked, in µs. */
  readonly loopDelaysUs: readonly number[];
}

/** What an arm's process serves. */
export interface Served {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Sends what is held back. */
  readonly flush?: () => Promise<void>;
  /** Records lost so far; by reason, where there are reasons. */
  readonly dropped?: () => number | Readonly<Record<string, number>>;
  /** Spans and lines delivered so far. */
  readonly delivered?: () => number;
  /** Microseconds of a core that each request burns besides. */
  readonly spinUs?: number;
}

/** Keeps a core busy for so long: by the clock, since a core's own speed changes with its load. */
function spin(durationUs: number): void {
  const untilMs = performance.now() + durationUs / 1000;
  while (performance.now() < untilMs);
}

/** The handler of an arm, with the work that each request burns besides. */
export function loadedFetch({ fetch, spinUs }: Pick<Served, "fetch" | "spinUs">): Served["fetch"] {
  if (spinUs === undefined) return (request) => fetch(request);
  return (request) => {
    spin(spinUs);
    return fetch(request);
  };
}

/** How often the event loop is looked at: seldom enough to cost nothing that could be measured. */
const LOOP_MS = 10;
/** No more delays are kept than ten seconds have. */
const DELAYS_MAX = 1000;

/**
 * How late a timer is, again and again, while it is watched: the timers of ten arms that are not
 * measured would wake the core a thousand times a second.
 */
function loopWatch(): (isWatchedNext: boolean) => number[] {
  let delaysUs: number[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  return (isWatchedNext) => {
    clearInterval(timer);
    const taken = delaysUs;
    delaysUs = [];
    if (!isWatchedNext) return taken;
    let dueMs = performance.now() + LOOP_MS;
    timer = setInterval(() => {
      const nowMs = performance.now();
      if (delaysUs.length < DELAYS_MAX) delaysUs.push(Math.max(0, (nowMs - dueMs) * 1000));
      dueMs = nowMs + LOOP_MS;
    }, LOOP_MS);
    return taken;
  };
}

/** What is asked of the control where its loop is to be watched from then on. */
export const WATCHED = "watched";

/** Serves an arm on a free port of loopback, and its control on another; says where on a line. */
export async function serveArm(served: Served): Promise<void> {
  const { flush, dropped, delivered } = served;
  // Ctrl-C reaches the whole process group; the parent measures to the end of its block, then ends us.
  Deno.addSignalListener("SIGINT", () => {});
  const { default: process } = await import("node:process");
  const gateway = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    loadedFetch(served),
  );
  const takeDelays = loopWatch();
  const control = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async ({ url }) => {
      const loopDelaysUs = takeDelays(url.endsWith(WATCHED));
      await flush?.();
      const { rss, heapUsed } = Deno.memoryUsage();
      const { user, system } = process.cpuUsage();
      const lost = dropped?.() ?? {};
      const reply: FlushReply = {
        rssBytes: rss,
        heapBytes: heapUsed,
        cpuUs: user + system,
        userUs: user,
        systemUs: system,
        dropped: typeof lost === "number" ? { unnamed: lost } : lost,
        delivered: delivered?.() ?? null,
        loopDelaysUs,
      };
      return Response.json(reply);
    },
  );
  const ready: ServerReady = { control: control.addr.port, gateway: gateway.addr.port };
  console.log(JSON.stringify(ready));
}
