import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openStore } from "./store/store.ts";

const MAIN = fromFileUrl(new URL("./main.ts", import.meta.url));

/** Names a line whatever wrote it: its text, span and transaction. */
function nameOf(line: { message: string; span_id?: string; transaction_id?: string }): string {
  return [line.message, line.span_id ?? "", line.transaction_id ?? ""].join(" ");
}

Deno.test("SIGTERM under load loses no line: those in the files have reached the collector", async () => {
  const data = await Deno.makeTempDir();
  const logs = `${data}/logs`;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      MAIN,
      "--rate",
      "150",
      "--quiet",
      "--data",
      data,
      "--logs",
      logs,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let isEnded = false;
  try {
    let said = "";
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    while (!said.includes("gateway")) {
      const { value, done } = await reader.read();
      assert(!done, said);
      said += value;
    }
    const gateway = /gateway +(\S+)/.exec(said)![1];
    // Requests of our own, whose answers say that their lines were written before the signal.
    const answered: string[] = [];
    let isSignalled = false;
    const untilMs = performance.now() + 2000;
    const client = async (name: string) => {
      for (let index = 0; !isSignalled; index++) {
        const id = `${name}-${index}`;
        try {
          const headers = { "x-transaction-id": id };
          const response = await fetch(`${gateway}/products/tea`, { headers });
          await response.body?.cancel();
          if (!isSignalled) answered.push(id);
        } catch {
          return;
        }
        if (performance.now() < untilMs || isSignalled) continue;
        isSignalled = true;
        child.kill("SIGTERM");
      }
    };
    await Promise.all(["a", "b", "c"].map(client));
    while (!(await reader.read()).done);
    const { code } = await child.status;
    isEnded = true;
    assertEquals(code, 0);
    const written: string[] = [];
    for await (const { name } of Deno.readDir(logs)) {
      const text = await Deno.readTextFile(`${logs}/${name}`);
      for (const line of text.trimEnd().split("\n")) written.push(nameOf(JSON.parse(line)));
    }
    const store = openStore(`${data}/telemetry.sqlite`);
    const rows = store.database.prepare("SELECT body, span_id, transaction_id FROM logs").all();
    store.close();
    const arrived = rows.map(({ body, span_id, transaction_id }) =>
      nameOf({ message: body, span_id, transaction_id: transaction_id ?? undefined } as never)
    );
    assert(answered.length > 50 && written.length > 300, `${answered.length}, ${written.length}`);
    assertEquals(written.toSorted(), arrived.toSorted());
    const transactions = new Set(written.map((name) => name.split(" ").at(-1)));
    assertEquals(answered.filter((id) => !transactions.has(id)), []);
  } finally {
    if (!isEnded) {
      child.kill("SIGKILL");
      await child.status;
    }
    await Deno.remove(data, { recursive: true });
  }
});
