import { sha256, sha256Into, sha256OfText } from "../core/sha256.ts";

/**
 * Merkle trees as in Certificate Transparency (RFC 6962, 2.1): leaves and nodes are hashed with
 * different first bytes, so that neither can pass for the other.
 */

/** A hash of 32 bytes. */
export type Hash = Uint8Array<ArrayBuffer>;

/** The hash of an entry as it is written. */
export function leafHash(entry: string): Hash {
  const hash = new Uint8Array(32);
  sha256OfText(hash, 0, entry, 0);
  return hash;
}

const pair = new Uint8Array(64);

/** The hash of two hashes. */
export function nodeHash(left: Hash, right: Hash): Hash {
  pair.set(left);
  pair.set(right, 32);
  const hash = new Uint8Array(32);
  sha256Into(hash, 0, pair, 1);
  return hash;
}

/** A tree that only grows: the roots of its whole subtrees, the largest first. */
export class GrowingTree {
  /** How many leaves it has. */
  size = 0;
  readonly #roots: { readonly hash: Hash; readonly leaves: number }[] = [];

  /** Adds a leaf by its hash. */
  add(leaf: Hash): void {
    let hash = leaf;
    let leaves = 1;
    this.size++;
    while (this.#roots.at(-1)?.leaves === leaves) {
      hash = nodeHash(this.#roots.pop()!.hash, hash);
      leaves *= 2;
    }
    this.#roots.push({ hash, leaves });
  }

  /** The hash of all of it; of nothing, the hash of no bytes. */
  root(): Hash {
    if (this.#roots.length === 0) return sha256(new Uint8Array(0));
    let hash = this.#roots.at(-1)!.hash;
    for (let index = this.#roots.length - 2; index >= 0; index--) {
      hash = nodeHash(this.#roots[index].hash, hash);
    }
    return hash;
  }
}

/** The root over leaves. */
export function rootOf(leaves: readonly Hash[]): Hash {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return leaves[0];
  const split = splitOf(leaves.length);
  return nodeHash(
    rootOf(leaves.slice(0, split)),
    rootOf(leaves.slice(split)),
  );
}

/** The largest power of two below a size. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The hashes that lead from one leaf to the root (RFC 6962, 2.1.1). */
export function inclusionProof(
  leaves: readonly Hash[],
  index: number,
): Hash[] {
  if (leaves.length <= 1) return [];
  const split = splitOf(leaves.length);
  return index < split
    ? [
      ...inclusionProof(leaves.slice(0, split), index),
      rootOf(leaves.slice(split)),
    ]
    : [
      ...inclusionProof(leaves.slice(split), index - split),
      rootOf(leaves.slice(0, split)),
    ];
}

/** Says whether a leaf is in the tree of a root (RFC 9162, 2.1.3.2). */
export function verifyInclusion(
  leaf: Hash,
  index: number,
  size: number,
  proof: readonly Hash[],
  root: Hash,
): boolean {
  if (!(index >= 0 && index < size)) return false;
  let node = index;
  let last = size - 1;
  let hash = leaf;
  for (const other of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(other, hash);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else hash = nodeHash(hash, other);
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && isSame(hash, root);
}

/** Says whether two hashes are the same. */
export function isSame(a: Hash, b: Hash): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** A hash as hex. */
export function toHex(hash: Uint8Array): string {
  let text = "";
  for (const byte of hash) text += HEX[byte];
  return text;
}

/** A hash from hex, or undefined. */
export function fromHex(text: string): Hash | undefined {
  if (!/^[0-9a-f]{64}$/.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}
