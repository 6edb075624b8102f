/** Runs that are broken on purpose, with real processes: the gate has to refuse each of them. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";

const MAIN = fromFileUrl(new URL("./main.ts", import.meta.url));

/** A module for arms: costs more with every request, or says that it exports, as its environment has it. */
const MODULE = `
  const growNs = Number(Deno.env.get("GROW_NS") ?? 0);
  const body = "x".repeat(Number(Deno.env.get("BYTES") ?? 2));
  let requests = 0;
  export default { fetch() {
    const untilMs = performance.now() + growNs * requests++ / 1e6;
    while (growNs > 0 && performance.now() < untilMs);
    return new Response(body);
  } };
  export const delivered = () => Deno.env.get("LIES") === undefined ? 0 : 2 * requests;
`;

/** Measures arms of that module for a few seconds and gives what was printed. */
async function refused(env: Record<string, string>, ...flags: string[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/module.ts`, MODULE);
    const { BYTES = "2" } = env;
    const arms = [
      { name: "plain", module: "./module.ts", env: { BYTES } },
      { name: "broken", module: "./module.ts", env },
    ];
    await Deno.writeTextFile(`${folder}/arms.json`, JSON.stringify({ arms }));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", MAIN, "--preset", "smoke", "--slot-ms", "40", "--seconds", "7"],
        ...["--arms-file", `${folder}/arms.json`, "--arms", "broken", "--out", folder, ...flags],
      ],
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(stdout);
    const errors = new TextDecoder().decode(stderr);
    assertEquals(code, 3, text + errors);
    assert(text !== "", `nothing was measured: ${errors}`);
    // Reasons, and no number of an arm.
    assertEquals(/^broken {2}/m.test(text), false, text);
    return text;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the gate refuses a saturated generator", async () => {
  // An answer that is long costs the one who reads it more than the one who sends it.
  // On a machine that does other things as well, seven seconds may not even end the warm-up.
  const text = await refused({ BYTES: "500000" }, "--rate", "20000", "--seconds", "20");
  assertMatch(text, /^NOT TRUSTWORTHY: the generator was busy for .*: lower --rate$/m);
});

Deno.test("the gate refuses a server that gets slower while it is measured", async () => {
  const text = await refused({ GROW_NS: "200" }, "--rate", "2500");
  assertMatch(text, /^NOT TRUSTWORTHY: broken drifts: within a restart .* find what grows$/m);
});

Deno.test("the gate refuses an arm that says it exports what it does not", async () => {
  const text = await refused({ LIES: "1" }, "--rate", "1500");
  assertMatch(text, /^NOT TRUSTWORTHY: broken says that \d+ records more were delivered than/m);
});
