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
  readonly dropped: number;
}

/** What an arm's process serves. */
export interface Served {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Sends what is held back. */
  readonly flush?: () => Promise<void>;
  /** Records lost so far. */
  readonly dropped?: () => number;
  /** Microseconds of a core that each request burns besides. */
  readonly spinUs?: number;
}

/** Keeps a core busy for so long. */
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

/** Serves an arm on a free port of loopback, and its control on another; says where on a line. */
export async function serveArm({ fetch, flush, dropped, spinUs }: Served): Promise<void> {
  // Ctrl-C reaches the whole process group; the parent measures to the end of its block, then ends us.
  Deno.addSignalListener("SIGINT", () => {});
  const { default: process } = await import("node:process");
  const gateway = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    loadedFetch({ fetch, spinUs }),
  );
  const control = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async () => {
      await flush?.();
      const { rss, heapUsed } = Deno.memoryUsage();
      const { user, system } = process.cpuUsage();
      const reply: FlushReply = {
        rssBytes: rss,
        heapBytes: heapUsed,
        cpuUs: user + system,
        dropped: dropped?.() ?? 0,
      };
      return Response.json(reply);
    },
  );
  const ready: ServerReady = { control: control.addr.port, gateway: gateway.addr.port };
  console.log(JSON.stringify(ready));
}
