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

/** Starts a module of ours as a process and reads its first line, which is JSON. */
export async function startChild<T>(
  module: string,
  args: readonly string[],
  core: number | undefined,
): Promise<Child<T>> {
  const run = ["run", "-A", "--quiet", fromFileUrl(new URL(module, import.meta.url)), ...args];
  const child = new Deno.Command(core === undefined ? Deno.execPath() : "taskset", {
    args: core === undefined ? run : ["-c", String(core), Deno.execPath(), ...run],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const stop = async () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await child.status;
  };
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) {
      await stop();
      throw new Error(`${module} ended before it was ready`);
    }
    text += value;
  }
  return {
    ready: JSON.parse(text.split("\n")[0]) as T,
    pid: child.pid,
    async stop() {
      await stop();
      await reader.cancel();
    },
  };
}
