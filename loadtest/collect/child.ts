import { fromFileUrl } from "@std/path";

/** A child process that has said, on its first line, where it can be reached. */
export interface Child<T> {
  readonly ready: T;
  readonly pid: number;
  /** Ends it and waits. */
  stop(): Promise<void>;
}

/** True where `taskset` can pin a process to a core. */
export async function hasTaskset(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("taskset", {
      args: ["-p", String(Deno.pid)],
      stdout: "null",
      stderr: "null",
    }).output();
    return success && navigator.hardwareConcurrency > 1;
  } catch {
    return false;
  }
}

/** Pins all threads of a running process to one core. */
export async function pin(pid: number, core: number): Promise<void> {
  await new Deno.Command("taskset", {
    args: ["-a", "-p", "-c", String(core), String(pid)],
    stdout: "null",
    stderr: "null",
  }).output();
}

/** Burns what is left of a core, a little at a time, while the process that it is for lives. */
const FILLER = 'while kill -0 "$0"; do i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; done';

/**
 * Keeps a core from ever being idle, by a process that gives way to any other of this session.
 * Whoever is preferred to all others is so only while it has something to do: in between they come
 * in, and leave their data in the caches. Undefined where there is no chrt(1).
 */
export function fillCore(core: number): AsyncDisposable | undefined {
  try {
    const child = new Deno.Command("chrt", {
      args: ["--idle", "0", "taskset", "-c", String(core), "sh", "-c", FILLER, String(Deno.pid)],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    return { [Symbol.asyncDispose]: () => end(child) };
  } catch {
    return undefined;
  }
}

/** Gives back what {@linkcode preferOurselves} has changed. */
export interface Preference extends Disposable {
  /** Whether this session's processes come before all others. */
  readonly isPreferred: boolean;
}

/** What a session gets of a core that others want as well: all but a hundredth (sched(7)). */
const AUTOGROUP_NICE = "-20";

/**
 * Prefers the processes of this session to all others on the machine, where Linux groups them by
 * session and this is allowed (as root): what else runs there then hardly takes any of what is
 * measured. A niceness of a process alone counts only within its session.
 */
export function preferOurselves(): Preference {
  const path = "/proc/self/autogroup";
  try {
    const before = niceOf(Deno.readTextFileSync(path));
    Deno.writeTextFileSync(path, AUTOGROUP_NICE, { create: false });
    return {
      isPreferred: true,
      [Symbol.dispose]: () => Deno.writeTextFileSync(path, before, { create: false }),
    };
  } catch {
    return { isPreferred: false, [Symbol.dispose]() {} };
  }
}

/**
 * Prefers a child that has a session of its own as much as our session. Without it the child would be
 * behind all of ours: in the kernel's eyes it is another user of the machine.
 */
export function preferAsOurselves(pid: number): void {
  try {
    const own = niceOf(Deno.readTextFileSync("/proc/self/autogroup"));
    Deno.writeTextFileSync(`/proc/${pid}/autogroup`, own, { create: false });
  } catch {
    // Not Linux, not root, no group of our own, or it has ended already.
  }
}

/** Throws for a session without a group, as that of a container's first process can be. */
function niceOf(autogroup: string): string {
  return / nice (-?\d+)\s*$/.exec(autogroup)![1];
}

/** Starts a module of ours as a process and reads its first line, which is JSON. */
export async function startModule<T>(
  module: string,
  args: readonly string[],
  core: number | undefined,
  env: Readonly<Record<string, string>> = {},
  v8Flags: readonly string[] = [],
): Promise<Child<T>> {
  const flags = v8Flags.length === 0 ? [] : [`--v8-flags=${v8Flags.join(",")}`];
  const path = fromFileUrl(new URL(module, import.meta.url));
  const run = ["run", "-A", "--quiet", ...flags, path, ...args];
  const child = spawn([Deno.execPath(), ...run], core, { stdout: "piped", env });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) {
      await end(child);
      throw new Error(`${module} ${args.join(" ")} ended before it was ready`);
    }
    text += value;
  }
  return {
    ready: JSON.parse(text.split("\n")[0]) as T,
    pid: child.pid,
    async stop() {
      await end(child);
      await reader.cancel();
    },
  };
}

/** A port that is free now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** How long a command may take until it listens. */
const LISTEN_MS = 20_000;

/**
 * Starts a command and waits until it listens on its port.
 *
 * @throws {Error} When it can't be started, ends, or doesn't listen within 20 s, naming it.
 */
export async function startCommand(
  command: readonly string[],
  port: number,
  core: number | undefined,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Child<number>> {
  const name = command.join(" ");
  let child: Deno.ChildProcess;
  try {
    child = spawn(command, core, { stdout: "null", env, cwd });
  } catch (error) {
    throw new Error(`${name} can't be started: ${(error as Error).message}`);
  }
  let code: number | undefined;
  child.status.then((status) => {
    code = status.code;
  });
  const untilMs = performance.now() + LISTEN_MS;
  while (!await isListening(port)) {
    if (code !== undefined) throw new Error(`${name} ended with code ${code} before it listened`);
    if (performance.now() > untilMs) {
      await end(child);
      throw new Error(`${name} does not listen on the port in PORT after ${LISTEN_MS / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { ready: port, pid: child.pid, stop: () => end(child) };
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

function spawn(
  command: readonly string[],
  core: number | undefined,
  options: Pick<Deno.CommandOptions, "stdout" | "env" | "cwd">,
): Deno.ChildProcess {
  const [program, ...args] = core === undefined
    ? command
    : ["taskset", "-c", String(core), ...command];
  return new Deno.Command(program, { ...options, args, stdin: "null", stderr: "inherit" }).spawn();
}

/** Ends a process, by force when it takes no notice, and waits. */
async function end(child: Deno.ChildProcess): Promise<void> {
  const force = setTimeout(() => signal(child, "SIGKILL"), 5000);
  signal(child, "SIGTERM");
  await child.status;
  clearTimeout(force);
}

function signal(child: Deno.ChildProcess, name: Deno.Signal): void {
  try {
    child.kill(name);
  } catch {
    // It has ended already.
  }
}
