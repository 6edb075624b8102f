import { type LossState, pathOf } from "./loss.ts";

const AT_ONCE = 50;
/** What a platform grants after the last response. */
const GRACE_MS = 30_000;

const sleep = (durationMs: number) => new Promise((done) => setTimeout(done, durationMs));

/**
 * Sends requests to the service of the loss tests, fifty at a time. Some clients go away before the
 * answer, some within a stream.
 */
export async function drive(url: string, requests: number): Promise<void> {
  let next = 0;
  const client = async () => {
    while (next < requests) {
      const index = next++;
      await ask(`${url}/${pathOf(index)}`, index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
}

async function ask(url: string, index: number): Promise<void> {
  const leaving = new AbortController();
  const isImpatient = index % 11 === 3;
  const timer = isImpatient ? setTimeout(() => leaving.abort(), index % 3) : undefined;
  try {
    const response = await fetch(url, { signal: leaving.signal });
    if (index % 14 === 0 && index % 10 !== 0) {
      await response.body!.getReader().read();
      leaving.abort();
    } else await response.text();
  } catch (error) {
    // Those that went away hear of it.
    if (!leaving.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits until no handler and no stream is at work, and gives what the service has counted.
 *
 * @param isSent Waits for what is queued as well, as a platform does that was given `waitUntil`.
 * @throws {Error} When that takes longer than 30 s.
 */
export async function settle(url: string, isSent: boolean): Promise<LossState> {
  const deadlineMs = performance.now() + GRACE_MS;
  while (true) {
    const state: LossState = await (await fetch(`${url}/state`)).json();
    if (state.open === 0 && (!isSent || state.queued === 0)) return state;
    if (performance.now() > deadlineMs) {
      throw new Error(`after 30 s there is: ${JSON.stringify(state)}`);
    }
    await sleep(20);
  }
}
