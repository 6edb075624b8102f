/// <reference lib="dom" />
import type { RefObject, VNode } from "preact";

const KEYS: readonly [keys: string, what: string][] = [
  ["1 … 9, 0", "the views, from left to right"],
  ["/", "search, or find in the trace"],
  ["↑ ↓ or j k", "from row to row"],
  ["Enter", "opens what is in the row; in a trace it folds"],
  ["← →", "in a trace: fold and unfold, or to the parent"],
  ["e", "in a trace: to the next error"],
  ["n p", "in a trace: to the next and the previous that was found"],
  ["l", "in a trace: log lines in place, or not"],
  ["z + - 0", "in a trace: zoom to the span, in, out, all"],
  ["arrows, Shift, Enter", "in the latency picture: move, mark, show the traces"],
];

/** Keys, and where the API is. */
export function Help({ dialog }: { dialog: RefObject<HTMLDialogElement> }): VNode {
  return (
    <dialog ref={dialog} aria-labelledby="help-title">
      <form method="dialog">
        <h2 id="help-title">Keys</h2>
        <dl class="keys">
          {KEYS.map(([keys, what]) => (
            <div key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <p>
          Everything here is asked of{" "}
          <a href="/api">/api</a>, which describes itself. Addresses hold filters and marks: they
          can be shared.
        </p>
        <button type="button" onClick={() => dialog.current?.close()}>Close</button>
      </form>
    </dialog>
  );
}
