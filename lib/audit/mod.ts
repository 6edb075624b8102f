/**
 * An audit trail that shows when it was tampered with: entries with numbers, chained by their
 * hashes under a Merkle tree whose root is signed, durable before they are acknowledged.
 *
 * ```ts
 * import { auditSigner, generateAuditKeys, memoryAuditStore, openAudit } from "./mod.ts";
 *
 * const keys = await generateAuditKeys();
 * const audit = await openAudit({
 *   store: memoryAuditStore(),
 *   signer: await auditSigner(keys.privateKey),
 * });
 * const { seq } = await audit.append({ what: "card charged", cents: 1450 });
 * console.assert(seq === 0);
 * await audit.close();
 * ```
 *
 * @module
 */
export {
  type AuditKey,
  auditKey,
  type AuditKeyPair,
  type AuditSigner,
  auditSigner,
  generateAuditKeys,
} from "./keys.ts";
export { type MemoryAuditStore, memoryAuditStore } from "./memory_store.ts";
export type { AuditProblem } from "./read.ts";
export {
  type AuditContext,
  type AuditHead,
  type AuditOptions,
  type AuditReceipt,
  type AuditStore,
  AuditTrail,
  openAudit,
} from "./trail.ts";
export {
  type AuditProof,
  type AuditVerdict,
  proveEntry,
  verifyAudit,
  type VerifyOptions,
  verifyProof,
} from "./verify.ts";
