/// <reference lib="webworker" />
import { type Ingest, ingestInto, MalformedError } from "./ingest.ts";
import type { Answer, Question } from "./thread.ts";
import { type Queries, queriesOf } from "./queries.ts";
import { openStore, type Store } from "./store.ts";

/** The thread that owns a store: whoever asks or sends never waits for SQLite on the page's thread. */
let opened: { store: Store; queries: Queries; ingest: Ingest } | undefined;

async function answerOf(question: Question): Promise<unknown> {
  if (question.kind === "open") {
    const store = openStore(question.path, question.limits);
    opened = { store, queries: queriesOf(store.database), ingest: ingestInto(store) };
    return;
  }
  const { store, queries, ingest } = opened!;
  switch (question.kind) {
    case "ingest":
      return await ingest(question.signal, question.body, question.type);
    case "ask":
      return (queries[question.name] as (...args: readonly unknown[]) => unknown)(...question.args);
    case "state":
      return store.state();
    case "close":
      return store.close();
  }
}

self.addEventListener("message", async ({ data }: MessageEvent<Question & { id: number }>) => {
  let answer: Answer;
  try {
    answer = { id: data.id, value: await answerOf(data) };
  } catch (error) {
    answer = {
      id: data.id,
      error: error instanceof Error ? error.message : String(error),
      isMalformed: error instanceof MalformedError,
    };
  }
  self.postMessage(answer);
});
