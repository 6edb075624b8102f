/** A thread that replays: jobs come in, scores go out. */
import { doJob, type Job } from "./replay.ts";
import type { Score } from "./score.ts";

/** What a worker says. */
export type WorkerMessage =
  | { readonly kind: "progress"; readonly traces: number }
  | { readonly kind: "done"; readonly scores: readonly Score[] }
  | { readonly kind: "failed"; readonly message: string };

interface Thread {
  onmessage: (event: MessageEvent<Job>) => void;
  postMessage(message: WorkerMessage): void;
}

const thread = self as unknown as Thread;
thread.onmessage = async ({ data }) => {
  try {
    const scores = await doJob(data, (traces) => thread.postMessage({ kind: "progress", traces }));
    thread.postMessage({ kind: "done", scores });
  } catch (error) {
    thread.postMessage({ kind: "failed", message: (error as Error).stack ?? String(error) });
  }
};
