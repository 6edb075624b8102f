import { auditSigner, type AuditStore, generateAuditKeys, openAudit } from "../../lib/audit/mod.ts";
import { fileAuditStore } from "../../lib/runtime/audit.ts";
import type { BenchCase, Work } from "../case.ts";

/** Entries that wait for one signature and one write. */
const AT_A_TIME = 1000;
const GROUP = "audit entry, 1000 at a time";

function entry(index: number): Record<string, unknown> {
  return { what: "card charged", orderId: "o_1234567", amountCents: 1450 + index, card: "4242" };
}

const CONTEXT = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  transactionId: "0af7651916cd43dd8448eb21",
};

/** Takes everything at once. */
function blackHole(): AuditStore {
  return {
    read: () => Promise.resolve(""),
    append: () => Promise.resolve(),
    truncate: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function trail(storeOf: () => AuditStore | Promise<AuditStore>): Promise<Work> {
  const { privateKey } = await generateAuditKeys();
  const audit = await openAudit({ store: await storeOf(), signer: await auditSigner(privateKey) });
  return async (count) => {
    // As in a server: the next entries come while the ones before are signed and written.
    let before: Promise<unknown> = Promise.resolve();
    for (let done = 0; done < count; done += AT_A_TIME) {
      const receipts: Promise<unknown>[] = [];
      for (let index = 0; index < AT_A_TIME; index++) {
        receipts.push(audit.append(entry(index), CONTEXT));
      }
      await before;
      before = Promise.all(receipts);
    }
    await before;
  };
}

/** A file that is gone when the process is. */
async function durable(): Promise<AuditStore> {
  const path = await Deno.makeTempFile();
  const store = await fileAuditStore(path);
  await Deno.remove(path);
  return { ...store, read: () => Promise.resolve("") };
}

/** The platform's SHA-256 over a thousand entries at once: hashes that prove nothing of a single one. */
function digest(): Work {
  const encoder = new TextEncoder();
  return async (count) => {
    for (let done = 0; done < count; done += AT_A_TIME) {
      let text = "";
      for (let index = 0; index < AT_A_TIME; index++) text += JSON.stringify(entry(index));
      await crypto.subtle.digest("SHA-256", encoder.encode(text));
    }
  };
}

/** Audit trails. */
export const AUDIT_CASES: readonly BenchCase[] = [
  { group: GROUP, name: "sextant", role: "ours", setup: () => trail(blackHole) },
  { group: GROUP, name: "JSON, one digest", role: "floor", setup: digest },
  {
    group: GROUP,
    name: "sextant, fsync before it answers",
    role: "rival",
    setup: () => trail(durable),
  },
];
