import { assert, assertEquals } from "@std/assert";
import { build } from "../build/main.ts";
import { RUNNERS, testRuntimes } from "./main.ts";
import { isGood, matrixOf, type Row } from "./matrix.ts";

/** `deno task test:runtimes` makes 10,000. */
const REQUESTS = 300;

const state = { handled: 100, made: 250, open: 0, openNames: {}, queued: 0, books: {} };
const row: Row = {
  runtime: "x",
  requests: 100,
  arrived: 250,
  repeated: 0,
  result: { state, ending: "SIGTERM", cases: [{ name: "a", outcome: "ok" }] },
};

Deno.test("a span that does not arrive, a case that fails and requests unhandled are not good", () => {
  assert(isGood(row));
  assert(!isGood({ ...row, arrived: 249 }));
  assert(!isGood({ ...row, arrived: 251 }));
  assert(!isGood({ ...row, requests: 200 }));
  const failed = [{ name: "a", outcome: "failed", reason: "so" }] as const;
  assert(!isGood({ ...row, result: { ...row.result!, cases: failed } }));
  const missing = { ...row, result: undefined, missing: "not here; npm install x" };
  assert(isGood(missing));
  const text = matrixOf([row, { ...missing, runtime: "y" }]).join("\n");
  assert(text.includes("y: not here; npm install x") && text.includes("x: ended by: SIGTERM"));
});

Deno.test({
  name: "the built modules in every runtime: capabilities, and no span is lost",
  // Miniflare and the browser's driver keep processes and pipes of their own until they are closed.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (test) => {
    await build();
    for (const runtime of Object.keys(RUNNERS)) {
      const [one] = await testRuntimes([runtime], REQUESTS);
      await test.step({
        name: one.missing === undefined ? runtime : `${runtime}: ${one.missing}`,
        ignore: one.missing !== undefined,
        fn: () => {
          const { result, arrived } = one;
          assertEquals(result!.cases.filter(({ outcome }) => outcome === "failed"), []);
          assertEquals(arrived, result!.state.made);
          assert(isGood(one), matrixOf([one]).join("\n"));
        },
      });
    }
  },
});
