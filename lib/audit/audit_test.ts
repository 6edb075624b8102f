import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { fileAuditStore } from "../runtime/audit.ts";
import { sha256 } from "../core/sha256.ts";
import { canonicalJson } from "./canonical.ts";
import { inclusionProof, leafHash, rootOf, toHex, verifyInclusion } from "./merkle.ts";
import {
  auditKey,
  auditSigner,
  generateAuditKeys,
  memoryAuditStore,
  openAudit,
  proveEntry,
  verifyAudit,
  verifyProof,
} from "./mod.ts";

const keys = await generateAuditKeys();
const signer = await auditSigner(keys.privateKey);
const key = await auditKey(keys.publicKey);

/** A trail of nine entries under three checkpoints. */
async function trailOfNine() {
  const store = memoryAuditStore();
  const audit = await openAudit({ store, signer, nowMs: () => 1_700_000_000_000 });
  for (let batch = 0; batch < 3; batch++) {
    await Promise.all(
      [0, 1, 2].map((index) =>
        audit.append({ what: "card charged", number: batch * 3 + index }, { transactionId: "t1" })
      ),
    );
  }
  return { text: store.text, head: audit.head, lines: store.text.trimEnd().split("\n") };
}

const entryLines = (lines: readonly string[]) =>
  lines.map((line, index) => ({ line, index })).filter(({ line }) =>
    !line.startsWith('{"checkpoint')
  );
const joined = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

Deno.test("a whole trail verifies, in numbers and checkpoints", async () => {
  const { text, head, lines } = await trailOfNine();
  assertEquals(lines.length, 12);
  assertEquals(await verifyAudit(text, { key, head }), {
    isWhole: true,
    entries: 9,
    checkpoints: 3,
    head,
  });
  const first = JSON.parse(lines[0]);
  assertEquals([first.seq, first.transaction_id, first.prev], [0, "t1", "0".repeat(64)]);
});

const TAMPERINGS: Readonly<Record<string, (lines: string[], at: number) => string[]>> = {
  edit: (lines, at) => lines.with(at, lines[at].replace("card charged", "card refunded")),
  deletion: (lines, at) => lines.toSpliced(at, 1),
  "insertion of a copy": (lines, at) => lines.toSpliced(at, 0, lines[at]),
  "a blank": (lines, at) => lines.with(at, lines[at].replace(",", ", ")),
};

for (const [name, tamper] of Object.entries(TAMPERINGS)) {
  for (const which of [0, 4, 8]) {
    Deno.test(`tampering is found out, and named: ${name} at entry ${which}`, async () => {
      const { lines, head } = await trailOfNine();
      const at = entryLines(lines)[which].index;
      const { isWhole, problem } = await verifyAudit(joined(tamper(lines, at)), { key, head });
      assert(!isWhole);
      // A copy is the first that stands in the place of the next.
      assertEquals(
        problem?.seq,
        name === "insertion of a copy" ? which + 1 : which,
        problem?.reason,
      );
    });
  }
}

Deno.test("reordering and truncation are found out, each at the first bad entry", async () => {
  const { lines, head } = await trailOfNine();
  const swapped = lines.with(4, lines[5]).with(5, lines[4]);
  assertEquals((await verifyAudit(joined(swapped), { key })).problem?.seq, 3);
  for (const kept of [0, 4, 8]) {
    const verdict = await verifyAudit(joined(lines.slice(0, kept)), { key, head });
    assertEquals(verdict.isWhole, false);
    assertEquals(verdict.problem?.seq, kept / 4 * 3);
  }
  // Without a head nobody can know what was cut off behind a checkpoint.
  assertEquals((await verifyAudit(joined(lines.slice(0, 8)), { key })).isWhole, true);
  // Nor is what no checkpoint covers part of the trail.
  const torn = await verifyAudit(joined(lines.slice(0, 10)), { key });
  assertEquals([torn.isWhole, torn.problem?.seq], [false, 6]);
});

Deno.test("a trail that was rewritten whole is not signed by the key", async () => {
  const other = await generateAuditKeys();
  const store = memoryAuditStore();
  const audit = await openAudit({ store, signer: await auditSigner(other.privateKey) });
  await audit.append({ what: "forged" });
  const { isWhole, problem } = await verifyAudit(store.text, { key });
  assertEquals([isWhole, problem?.seq], [false, 0]);
  assert(problem!.reason.includes("not of this key"), problem!.reason);
  const { head } = await trailOfNine();
  const own = await verifyAudit(store.text, { key: await auditKey(other.publicKey), head });
  assertEquals(own.isWhole, false);
});

Deno.test("any change of a bit is found out", async () => {
  const { text, head } = await trailOfNine();
  const bytes = new TextEncoder().encode(text);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: bytes.length - 1 }),
      fc.integer({ min: 0, max: 6 }),
      async (at, bit) => {
        const changed = bytes.slice();
        changed[at] ^= 1 << bit;
        const verdict = await verifyAudit(new TextDecoder().decode(changed), { key, head });
        assertEquals(verdict.isWhole, false, `byte ${at}, bit ${bit}`);
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("HMAC signs where Ed25519 is missing", async () => {
  const secret = { kty: "oct", k: "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I", alg: "HS256" };
  const store = memoryAuditStore();
  const audit = await openAudit({ store, signer: await auditSigner(secret) });
  await audit.append(1);
  assertEquals((await verifyAudit(store.text, { key: await auditKey(secret) })).isWhole, true);
  assertEquals((await verifyAudit(store.text, { key })).isWhole, false);
  await assertRejects(() => auditKey({ kty: "RSA" }), TypeError, "kty is RSA");
});

Deno.test("redaction comes before the hash; a store that fails ends the trail", async () => {
  const store = memoryAuditStore();
  const audit = await openAudit({
    store,
    signer,
    redact: (data) => ({ ...data as object, card: "[redacted]" }),
  });
  await audit.append({ card: "4242424242424242" });
  assert(!store.text.includes("4242"));
  store.append = () => Promise.reject(new Error("disk full"));
  const results = await Promise.allSettled([audit.append(1), audit.append(2)]);
  assertEquals(results.map(({ status }) => status), ["rejected", "rejected"]);
  await assertRejects(() => audit.append(3), Error, "disk full");
  assertEquals((await verifyAudit(store.text, { key })).entries, 1);
});

Deno.test("one entry is proved without the others", async () => {
  const { text, head } = await trailOfNine();
  for (let seq = 0; seq < 9; seq++) {
    const proof = await proveEntry(text, seq);
    assertEquals(await verifyProof(proof, head), true);
    const other = { ...proof, entry: proof.entry.replace("charged", "refunded") };
    assertEquals(await verifyProof(other, head), false);
    assertEquals(await verifyProof(proof, { ...head, root: "0".repeat(64) }), false);
  }
  await assertRejects(() => proveEntry(text, 9), RangeError, "allowed is 0 to 8");
});

Deno.test("proofs lead to the root for every leaf of every size (RFC 6962)", async () => {
  for (let size = 1; size <= 17; size++) {
    const leaves = await Promise.all(
      Array.from({ length: size }, (_, index) => leafHash(String(index))),
    );
    const root = await rootOf(leaves);
    for (let index = 0; index < size; index++) {
      const proof = await inclusionProof(leaves, index);
      assert(await verifyInclusion(leaves[index], index, size, proof, root));
      const wrong = (index + 1) % size;
      if (size > 1) {
        assert(!await verifyInclusion(leaves[wrong], index, size, proof, root));
      }
    }
  }
  // The tree of RFC 6962's reference implementation: one empty leaf.
  const empty = await leafHash("");
  assertEquals(
    toHex(await rootOf([empty])),
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  );
});

Deno.test("our SHA-256 is the platform's", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
    const theirs = await crypto.subtle.digest("SHA-256", bytes.slice());
    assertEquals(sha256(bytes), new Uint8Array(theirs));
  }));
});

Deno.test("canonical JSON has one form (RFC 8785)", () => {
  assertEquals(
    canonicalJson({ b: [1e21, 0.000001, -0, true], a: { "\u20ac": "\u0007", A: null } }),
    '{"a":{"A":null,"€":"\\u0007"},"b":[1e+21,0.000001,0,true]}',
  );
});

const WRITER = `
import { auditSigner, openAudit } from "${import.meta.resolve("./mod.ts")}";
import { fileAuditStore } from "${import.meta.resolve("../runtime/audit.ts")}";
const [path, key] = Deno.args;
const audit = await openAudit({ store: await fileAuditStore(path), signer: await auditSigner(JSON.parse(key)) });
for (let index = 0; ; index++) {
  const receipts = await Promise.all([0, 1, 2].map((one) => audit.append({ index: index * 3 + one })));
  console.log(receipts.at(-1).seq);
}
`;

Deno.test("a file goes on where it ended: kill -9 loses nothing acknowledged, a torn end is said", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/audit.ndjson`;
    await Deno.writeTextFile(`${folder}/writer.ts`, WRITER);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--quiet",
        `${folder}/writer.ts`,
        path,
        JSON.stringify(keys.privateKey),
      ],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let said = "";
    try {
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        said += text;
        if (said.split("\n").length > 20) break;
      }
      await assertRejects(() => fileAuditStore(path), Error, "written by another process");
    } finally {
      child.kill("SIGKILL");
      await child.status;
    }
    const acknowledged = Number(said.trimEnd().split("\n").slice(0, -1).at(-1));
    await Deno.writeTextFile(path, '{"seq":9999,"torn', { append: true });
    const store = await fileAuditStore(path);
    const audit = await openAudit({ store, signer });
    assert(audit.head.size > acknowledged);
    assert(audit.warnings[0].includes("were cut off"), audit.warnings[0]);
    await audit.append({ after: true });
    await audit.close();
    const text = await Deno.readTextFile(path);
    const verdict = await verifyAudit(text, { key });
    assertEquals([verdict.isWhole, verdict.problem], [true, undefined]);
    assert(text.includes("sextant.audit.recovered"));
    const edited = text.replace('"index":4', '"index":5');
    await Deno.writeTextFile(path, edited);
    const broken = await fileAuditStore(path);
    try {
      await assertRejects(() => openAudit({ store: broken, signer }), Error, "entry 4 was changed");
    } finally {
      await broken.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
