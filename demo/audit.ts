import {
  auditSigner,
  type AuditTrail,
  generateAuditKeys,
  memoryAuditStore,
  openAudit,
} from "../lib/audit/mod.ts";
import { fileAuditStore } from "../lib/runtime/audit.ts";

/**
 * Opens the payments' audit trail: `audit.ndjson` in the folder, signed by the key that is made there
 * at the first start (`audit.key`, and `audit.key.public` to verify with); in memory without one.
 */
export async function openTrail(folder: string | undefined): Promise<AuditTrail> {
  if (folder === undefined) {
    const { privateKey } = await generateAuditKeys();
    return openAudit({ store: memoryAuditStore(), signer: await auditSigner(privateKey) });
  }
  const path = `${folder}/audit.ndjson`;
  const signer = await auditSigner(await keyIn(`${folder}/audit.key`));
  const store = await fileAuditStore(path);
  try {
    return await openAudit({ store, signer });
  } catch (error) {
    await store.close();
    // A shop would stop here; a demo keeps the broken trail aside and goes on with a new one.
    const aside = `${path}.${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
    await Deno.rename(path, aside);
    console.error(`${error instanceof Error ? error.message : error}; kept as ${aside}`);
    return openAudit({ store: await fileAuditStore(path), signer });
  }
}

async function keyIn(path: string): Promise<JsonWebKey> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const { privateKey, publicKey } = await generateAuditKeys();
  await Deno.writeTextFile(path, JSON.stringify(privateKey), { mode: 0o600 });
  await Deno.writeTextFile(`${path}.public`, JSON.stringify(publicKey));
  return privateKey;
}
