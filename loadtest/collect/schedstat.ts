/** The nanoseconds a task ran, from the text of /proc/PID/task/TID/schedstat (its first field). */
export function parseSchedstat(text: string): number {
  const first = /^(\d+) \d+ \d+\s*$/.exec(text)?.[1];
  if (first === undefined) {
    throw new TypeError(`schedstat is ${JSON.stringify(text)}, not 3 numbers`);
  }
  return Number(first);
}

/** Microseconds of CPU that all threads of a process have used, or undefined where unknown. */
export function schedstatCpuUs(pid: number): number | undefined {
  let sumNs = 0;
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      try {
        sumNs += parseSchedstat(Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`));
      } catch (error) {
        // A thread that ended between the two looks; its time is lost to this count.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return sumNs / 1000;
}

/** A process and all that it has started, where /proc tells. */
export function treeOf(pid: number): number[] {
  const found = [pid];
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      const text = Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`);
      for (const child of text.split(" ").filter(Boolean)) found.push(...treeOf(Number(child)));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}

/** Resident bytes of a process; 0 where unknown. */
export function residentBytes(pid: number): number {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
    return Number(kib ?? 0) * 1024;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Time that the machine under this one took away, and all time, in ticks since the start. */
export interface Steal {
  readonly stolen: number;
  readonly all: number;
}

/** Reads the first line of /proc/stat (proc(5): its eighth number is steal), where there is one. */
export function stealNow(): Steal | undefined {
  try {
    const [line] = Deno.readTextFileSync("/proc/stat").split("\n");
    const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
    return { stolen: ticks[7], all: ticks.reduce((a, b) => a + b, 0) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
