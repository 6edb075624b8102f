import { buildAssets } from "../console/assets.ts";
import type { Access } from "../console/guard.ts";
import type { ConsoleParts } from "../console/api.ts";
import { createConsole } from "../console/server.ts";
import { createCollector } from "../store/collector.ts";
import type { StoreThread } from "../store/thread.ts";
import { listen } from "./listen.ts";

/** A console that runs. */
export interface RunningConsole {
  /** Where OTLP is taken, and the API, from this machine. */
  readonly endpoint: string;
  /** What is opened in a browser: with the token, if there is one. */
  readonly address: string;
  readonly token: string | undefined;
  stop(): Promise<void>;
}

/** Options of {@linkcode startConsole}. */
export interface ConsoleOptions extends Omit<ConsoleParts, "queries" | "store"> {
  readonly store: StoreThread;
  /** What is named in the message about a port in use. */
  readonly what: string;
  readonly port: number;
  /** Where it listens; on loopback alone it needs no token. */
  readonly host: string;
  /** Undefined makes one where it is needed. */
  readonly token?: string;
  readonly access?: Pick<Access, "hosts" | "origins">;
  /** A folder where the built page is kept. */
  readonly cacheFolder: string;
}

const LOOPBACK = /^(127\.0\.0\.1|localhost|::1)$/;

/** How long those who are connected may take: live tails never end by themselves. */
const CLOSING_MS = 500;

/**
 * Starts the console: the page, its API and the collector at one address.
 *
 * @throws {Error} When the port is in use, or the page can't be built.
 */
export async function startConsole(options: ConsoleOptions): Promise<RunningConsole> {
  const { store, host } = options;
  const isOpen = !LOOPBACK.test(host);
  const token = isOpen ? options.token ?? randomToken() : options.token;
  const { app: collector, received } = createCollector(store.ingest);
  const app = createConsole({
    ...options,
    queries: store.queries,
    store: async () => ({ store: await store.state(), received: received() }),
    assets: await buildAssets(options.cacheFolder),
    collector,
    access: {
      ...options.access,
      token,
      hosts: [...options.access?.hosts ?? [], ...isOpen ? [host, Deno.hostname()] : []],
    },
  });
  const server = listen(options.what, options.port, app.fetch, host);
  const isAny = host === "0.0.0.0" || host === "::";
  const at = (name: string) =>
    `http://${name.includes(":") ? `[${name}]` : name}:${server.addr.port}`;
  const shown = at(isAny ? Deno.hostname() : host);
  return {
    endpoint: at(isAny ? "127.0.0.1" : host),
    address: token === undefined ? shown : `${shown}/?token=${token}`,
    token,
    stop: async () => {
      await Promise.race([server.shutdown(), new Promise((done) => setTimeout(done, CLOSING_MS))]);
    },
  };
}

function randomToken(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}
