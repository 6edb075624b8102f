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
  assertEquals([first.seq, first.transaction_id], [0, "t1"]);
});

interface Tampering {
  /** Changes the lines; `at` is the entry's, `end` that of the checkpoint that covers it. */
  readonly change: (lines: string[], at: number, end: number) => string[];
  /** The first bad entry: itself by default, or the first one of its checkpoint. */
  readonly named?: (seq: number) => number;
}

const ofCheckpoint = (seq: number) => Math.floor(seq / 3) * 3;
const edited = (line: string) => line.replace("card charged", "card refunded");
const flip = (line: string, name: string) =>
  line.replace(
    new RegExp(`("${name}":"[0-9a-f]*)([0-9a-f])"`),
    (_, before, digit) => `${before}${digit === "0" ? "1" : "0"}"`,
  );

/** An entry and its hash in the checkpoint's list. */
function editedWithList(lines: string[], at: number, end: number): string[] {
  const line = edited(lines[at]);
  return lines.with(at, line)
    .with(end, lines[end].replace(toHex(leafHash(lines[at])), toHex(leafHash(line))));
}

const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  edit: { change: (lines, at) => lines.with(at, edited(lines[at])) },
  "edit of the time": { change: (lines, at) => lines.with(at, lines[at].replace("2023", "2024")) },
  "edit with its hash in the list": { change: editedWithList, named: ofCheckpoint },
  blank: { change: (lines, at) => lines.with(at, lines[at].replace(",", ", ")) },
  deletion: { change: (lines, at) => lines.toSpliced(at, 1) },
  "insertion of a copy": {
    change: (lines, at) => lines.toSpliced(at, 0, lines[at]),
    named: (seq) => seq + 1,
  },
  "insertion of a forged entry": {
    change: (lines, at) => lines.toSpliced(at, 0, edited(lines[at])),
  },
  "reordering with the next line": {
    change: (lines, at) => lines.with(at, lines[at + 1]).with(at + 1, lines[at]),
  },
  "reordering with the far end": {
    change: (lines, at) =>
      lines.with(at, lines[at === 0 ? 10 : 0]).with(at === 0 ? 10 : 0, lines[at]),
    named: () => 0,
  },
  "truncation before it": { change: (lines, at) => lines.slice(0, at), named: ofCheckpoint },
  "truncation within it": {
    change: (lines, at) => [...lines.slice(0, at), lines[at].slice(0, 20)],
    named: ofCheckpoint,
  },
  "deletion of its checkpoint": {
    change: (lines, _, end) => lines.toSpliced(end, 1),
    named: ofCheckpoint,
  },
  "a forged root": {
    change: (lines, _, end) => lines.with(end, flip(lines[end], "root")),
    named: ofCheckpoint,
  },
  "a forged list": {
    change: (lines, _, end) => lines.with(end, flip(lines[end], "leaves")),
    named: (seq) => ofCheckpoint(seq) + 2,
  },
  "a forged signature": {
    change: (lines, _, end) => lines.with(end, flip(lines[end], "sig")),
    named: ofCheckpoint,
  },
};

for (const [name, { change, named = (seq: number) => seq }] of Object.entries(TAMPERINGS)) {
  for (const [place, seq] of [["first", 0], ["middle", 4], ["last", 8]] as const) {
    Deno.test(`tampering is found out, and named: ${name}, ${place} entry`, async () => {
      const { lines, head } = await trailOfNine();
      const at = entryLines(lines)[seq].index;
      const end = lines.findIndex((line, index) => index > at && line.startsWith('{"checkpoint'));
      const tampered = change(lines, at, end);
      const { isWhole, problem } = await verifyAudit(joined(tampered), { key, head });
      assert(!isWhole);
      assertEquals(problem?.seq, named(seq), problem?.reason);
    });
  }
}

Deno.test("without a head nobody can know what was cut off behind a checkpoint", async () => {
  const { lines, head } = await trailOfNine();
  const cut = joined(lines.slice(0, 8));
  assertEquals((await verifyAudit(cut, { key })).isWhole, true);
  assertEquals((await verifyAudit(cut, { key, head })).problem?.seq, 6);
});

Deno.test("a wrong key is found out at the first entry", async () => {
  const { text } = await trailOfNine();
  const other = await auditKey((await generateAuditKeys()).publicKey);
  const { problem } = await verifyAudit(text, { key: other });
  assertEquals(problem?.seq, 0);
  assert(problem!.reason.includes("not of this key"), problem!.reason);
});

Deno.test("a trail that another key signed is not gone on with", async () => {
  const forged = memoryAuditStore();
  const other = await auditSigner((await generateAuditKeys()).privateKey);
  await (await openAudit({ store: forged, signer: other })).append({ what: "forged" });
  await assertRejects(
    () => openAudit({ store: forged, signer }),
    Error,
    "not of this key (line 2)",
  );
});

Deno.test("an entry is what it was when it was appended, whatever is in it", async () => {
  const store = memoryAuditStore();
  const audit = await openAudit({ store, signer, waitingMax: 3 });
  const data = { cents: 1, nested: { a: 1 } };
  const getter = {
    ok: 1,
    get bad(): never {
      throw new Error("no");
    },
  };
  const all = [audit.append(data), audit.append(getter), audit.append({ "\ud800": 1n })];
  data.cents = 2;
  data.nested.a = 2;
  await assertRejects(() => audit.append(1), Error, "3 entries wait");
  await Promise.all(all);
  const written = store.text.split("\n").slice(0, 3).map((line) => JSON.parse(line).data);
  assertEquals(written, [
    { cents: 1, nested: { a: 1 } },
    { ok: 1, bad: "[unreadable]" },
    { "\ufffd": "1" },
  ]);
  assertEquals((await verifyAudit(store.text, { key })).isWhole, true);
});

Deno.test("more entries than one checkpoint takes share several", async () => {
  const store = memoryAuditStore();
  const audit = await openAudit({ store, signer });
  const receipts = await Promise.all(Array.from({ length: 2500 }, (_, n) => audit.append({ n })));
  assertEquals(receipts.map(({ seq }) => seq), Array.from({ length: 2500 }, (_, seq) => seq));
  const lines = store.text.split("\n");
  assertEquals(receipts[2000].hash, toHex(leafHash(lines[2001])));
  const verdict = await verifyAudit(store.text, { key, head: audit.head });
  assertEquals([verdict.isWhole, verdict.entries, verdict.checkpoints], [true, 2500, 3]);
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
  assert(!store.text.includes("4242424242424242"));
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
