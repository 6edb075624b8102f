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
