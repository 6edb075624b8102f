import { resolve } from "@std/path";

/** A collector that runs. */
export interface RunningCollector extends AsyncDisposable {
  /** Its OTLP endpoint, `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Resolves with its exit code when it ends. */
  readonly ended: Promise<number>;
  /** What it has said last. */
  said(): string;
  /** Ends it: it writes what it holds first. */
  stop(): Promise<void>;
}

/** How a collector is started. */
export interface StartOptions {
  /** The binary: `ensureCollector` has it. */
  readonly binary: string;
  /** Its configuration, as `configOf` makes it. */
  readonly config: string;
  /** The port that its configuration names. */
  readonly port: number;
  /** A folder for its configuration. */
  readonly folder: string;
  /** Shows what it says; default it is kept for errors. */
  readonly isLoud?: boolean;
}

/** How long it may take to listen. */
const START_MS = 15_000;
/** How much of what it says is kept. */
const SAID_CHARS = 16_384;

/** A port that is free now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/**
 * Starts a collector and waits until it listens.
 *
 * @throws {Error} With its own words when it ends first or does not listen in 15 s.
 */
export async function startCollector(options: StartOptions): Promise<RunningCollector> {
  await Deno.mkdir(options.folder, { recursive: true });
  const path = resolve(options.folder, `collector-${options.port}.yaml`);
  await Deno.writeTextFile(path, options.config);
  const child = new Deno.Command(options.binary, {
    args: ["--config", path],
    stdin: "null",
    stdout: options.isLoud === true ? "inherit" : "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  let hasEnded = false;
  const listening = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said = (said + text).slice(-SAID_CHARS);
      if (options.isLoud === true) await Deno.stderr.write(new TextEncoder().encode(text));
    }
  })();
  const ended = child.status.then(async ({ code }) => {
    hasEnded = true;
    await listening;
    return code;
  });
  const stop = async () => {
    if (!hasEnded) child.kill("SIGTERM");
    await ended;
  };
  const url = `http://127.0.0.1:${options.port}`;
  const deadlineMs = performance.now() + START_MS;
  while (!await isListening(url)) {
    if (hasEnded || performance.now() > deadlineMs) {
      await stop();
      throw new Error(`the collector ${hasEnded ? "ended" : "does not listen"}:\n${said.trim()}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  return { url, ended, said: () => said, stop, [Symbol.asyncDispose]: stop };
}

async function isListening(url: string): Promise<boolean> {
  try {
    // An empty request, which is a success.
    const response = await fetch(`${url}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/x-protobuf" },
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
