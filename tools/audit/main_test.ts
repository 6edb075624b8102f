import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { auditSigner, openAudit } from "../../lib/audit/mod.ts";
import { fileAuditStore } from "../../lib/runtime/audit.ts";

const MAIN = fromFileUrl(new URL("./main.ts", import.meta.url));

async function run(cwd: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", MAIN, ...args],
    cwd,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout).trim(), err: text(stderr).trim() };
}

Deno.test("keys are made, a trail is verified, tampering is named, an entry is proved", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assertEquals((await run(folder, "keygen", "key")).code, 0);
    assertStringIncludes((await run(folder, "keygen", "key")).err, "never written over");
    const signer = await auditSigner(JSON.parse(await Deno.readTextFile(`${folder}/key`)));
    const audit = await openAudit({ store: await fileAuditStore(`${folder}/trail`), signer });
    await audit.append({ what: "charged", cents: 100 });
    await audit.append({ what: "charged", cents: 200 });
    await audit.close();
    const whole = await run(folder, "verify", "trail", "--key", "key.public");
    assertEquals(whole.code, 0, whole.err);
    assertStringIncludes(whole.out, "whole: 2 entries, 2 checkpoints");
    const head = (await run(folder, "head", "trail", "--key", "key.public")).out;
    const proof = await run(folder, "prove", "trail", "1");
    await Deno.writeTextFile(`${folder}/proof`, proof.out);
    const checked = await run(folder, "check-proof", "proof", "--head", head);
    assertEquals([checked.code, checked.out], [0, "entry 1 is in the trail"]);
    const text = await Deno.readTextFile(`${folder}/trail`);
    await Deno.writeTextFile(`${folder}/edited`, text.replace('"cents":100', '"cents":1'));
    const edited = await run(folder, "verify", "edited", "--key", "key.public", "--json");
    assertEquals([edited.code, JSON.parse(edited.out).problem.seq], [1, 0]);
    await Deno.writeTextFile(`${folder}/short`, text.split("\n").slice(0, 2).join("\n") + "\n");
    const short = await run(folder, "verify", "short", "--key", "key.public", "--head", head);
    assertStringIncludes(short.err, "entry 1 is missing");
    const wrong = await run(folder, "verify", "trail", "--head", "x");
    assertEquals([wrong.code, wrong.err], [2, "--key is missing; see --help"]);
    assertEquals((await run(folder, "frobnicate")).code, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
