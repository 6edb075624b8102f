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
  return openAudit({
    store: await fileAuditStore(`${folder}/audit.ndjson`),
    signer: await auditSigner(await keyIn(`${folder}/audit.key`)),
  });
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
