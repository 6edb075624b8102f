import type { AuditKey } from "./keys.ts";
import { fromHex, inclusionProof, leafHash, toHex, verifyInclusion } from "./merkle.ts";
import { type AuditProblem, readTrail } from "./read.ts";
import type { AuditHead } from "./trail.ts";

/** What verifying came to. */
export interface AuditVerdict {
  /** True when nothing is wrong. */
  readonly isWhole: boolean;
  /** Entries up to the last good checkpoint. */
  readonly entries: number;
  /** Good checkpoints. */
  readonly checkpoints: number;
  /** The last good checkpoint. */
  readonly head: AuditHead;
  /** The first problem. */
  readonly problem?: AuditProblem;
}

/** Options of {@linkcode verifyAudit}. */
export interface VerifyOptions {
  /** The key that signs the checkpoints. */
  readonly key: AuditKey;
  /** A head that was kept elsewhere: what was cut off since is found out. */
  readonly head?: AuditHead;
}

/**
 * Checks a whole trail: form, numbers, hashes, roots, signatures, and that it goes as far as the
 * head. It names the first bad entry.
 */
export async function verifyAudit(text: string, options: VerifyOptions): Promise<AuditVerdict> {
  const { key, head } = options;
  const found = await readTrail(text, { key, rootAt: head?.size });
  const problem = found.problem ?? endProblem(found, text) ?? headProblem(found, head);
  return {
    isWhole: problem === undefined,
    entries: found.head.size,
    checkpoints: found.checkpoints,
    head: found.head,
    ...(problem && { problem }),
  };
}

type Found = Awaited<ReturnType<typeof readTrail>>;

function endProblem({ tornBytes, head }: Found, text: string): AuditProblem | undefined {
  if (tornBytes === 0) return undefined;
  return {
    seq: head.size,
    line: text.split("\n").length,
    reason: `${tornBytes} bytes from entry ${head.size} on are covered by no checkpoint`,
  };
}

function headProblem(found: Found, head: AuditHead | undefined): AuditProblem | undefined {
  if (head === undefined) return undefined;
  const { size } = found.head;
  if (size < head.size) {
    return {
      seq: size,
      line: 0,
      reason: `entry ${size} is missing: the head has ${head.size} entries, the trail ${size}`,
    };
  }
  const root = head.size === 0 ? head.root : found.rootAt;
  return root === head.root
    ? undefined
    : { seq: undefined, line: 0, reason: `the root over ${head.size} entries is not the head's` };
}

/** Shows that one entry is in a trail, without showing the others. */
export interface AuditProof {
  /** Its number. */
  readonly seq: number;
  /** The entry as it was written. */
  readonly entry: string;
  /** The head that the proof leads to. */
  readonly head: AuditHead;
  /** Hashes as hex, from the leaf up (RFC 6962, 2.1.1). */
  readonly path: readonly string[];
}

/**
 * Makes the proof for one entry.
 *
 * @throws {Error} When the trail is broken or has no such entry.
 */
export async function proveEntry(
  text: string,
  seq: number,
): Promise<AuditProof> {
  const found = await readTrail(text, { keepsLeaves: true });
  if (found.problem !== undefined) throw new Error(`audit: ${found.problem.reason}`);
  if (!(Number.isInteger(seq) && seq >= 0 && seq < found.head.size)) {
    throw new RangeError(`audit: entry is ${seq}, allowed is 0 to ${found.head.size - 1}`);
  }
  const isEntry = (line: string) =>
    line.includes(`"seq":${seq},`) && !line.startsWith('{"checkpoint"') &&
    JSON.parse(line).seq === seq;
  const entry = text.split("\n").find(isEntry)!;
  const leaves = found.leaves.slice(0, found.head.size);
  const path = inclusionProof(leaves, seq);
  return { seq, entry, head: found.head, path: path.map(toHex) };
}

/** Says whether a proof holds; the head must be known from elsewhere. */
export function verifyProof(
  proof: AuditProof,
  head: AuditHead,
): boolean {
  const root = fromHex(head.root);
  const path = proof.path.map(fromHex);
  if (root === undefined || path.includes(undefined) || proof.head.size !== head.size) return false;
  if (JSON.parse(proof.entry).seq !== proof.seq) return false;
  const leaf = leafHash(proof.entry);
  return verifyInclusion(
    leaf,
    proof.seq,
    head.size,
    path as NonNullable<(typeof path)[number]>[],
    root,
  );
}
