import type { Job } from "./replay.ts";
import type { Score } from "./score.ts";
import type { WorkerMessage } from "./worker.ts";

/** Replays at a time at most: each has a heap of its own. */
const WORKERS_MAX = 8;

/** Threads that replay, one job each at a time. */
export class Pool {
  readonly #signal: AbortSignal;
  readonly size: number;

  constructor(signal: AbortSignal, size = navigator.hardwareConcurrency) {
    this.#signal = signal;
    this.size = Math.max(1, Math.min(WORKERS_MAX, size));
  }

  /**
   * Does the jobs; gives undefined for those that an abort has cut short.
   *
   * @param onProgress Hears how many traces went through the strategies of a job.
   * @throws {Error} When one fails.
   */
  async run(
    jobs: readonly Job[],
    onProgress: (job: Job, traces: number) => void = () => {},
  ): Promise<(readonly Score[] | undefined)[]> {
    const results: (readonly Score[] | undefined)[] = Array(jobs.length).fill(undefined);
    let next = 0;
    const work = async () => {
      while (next < jobs.length && !this.#signal.aborted) {
        const index = next++;
        const job = jobs[index];
        results[index] = await this.#do(job, (traces) => onProgress(job, traces));
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.size, jobs.length) }, work));
    return results;
  }

  async #do(job: Job, onTraces: (traces: number) => void): Promise<readonly Score[] | undefined> {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const { promise, resolve, reject } = Promise.withResolvers<readonly Score[] | undefined>();
    const stop = () => resolve(undefined);
    this.#signal.addEventListener("abort", stop);
    worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      if (data.kind === "progress") onTraces(data.traces);
      else if (data.kind === "done") resolve(data.scores);
      else reject(new Error(data.message));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(job);
    try {
      return await promise;
    } finally {
      this.#signal.removeEventListener("abort", stop);
      worker.terminate();
    }
  }
}
