import { sha256, sha256Into, sha256OfPair } from "../core/sha256.ts";

/**
 * Merkle trees as in Certificate Transparency (RFC 6962, 2.1): leaves and nodes are hashed with
 * different first bytes, so that neither can pass for the other.
 */

/** A hash of 32 bytes. */
export type Hash = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** The hash of an entry as it is written. */
export function leafHash(entry: string): Hash {
  return hashesOf(`${entry}\n`, 1);
}

/** What is hashed, in the same memory for each batch. */
let room = new Uint8Array(0);
let view = new DataView(room.buffer);

/** The hashes of so many entries behind each other, each of which ends with a line feed. */
export function hashesOf(lines: string, count: number): Hash {
  const hashes = new Uint8Array(count * 32);
  const out = new DataView(hashes.buffer);
  // A byte before each entry: that of the line feed before it, which becomes that of a leaf.
  if (room.length < lines.length * 3 + 1) {
    room = new Uint8Array(lines.length * 4 + 1);
    view = new DataView(room.buffer);
  }
  const end = 1 + encoder.encodeInto(lines, room.subarray(1)).written;
  let from = 0;
  for (let index = 0; index < count; index++) {
    const feed = room.indexOf(10, from + 1);
    const to = feed < 0 || feed > end ? end : feed;
    room[from] = 0;
    sha256Into(out, index * 32, view, from, to);
    from = to;
  }
  return hashes;
}

/** The first byte of what the hash of a node is made from. */
const NODE = 1;

/** The hash of two hashes. */
export function nodeHash(left: Hash, right: Hash): Hash {
  const hash = new Uint8Array(32);
  sha256OfPair(viewOf(hash), 0, NODE, viewOf(left), 0, viewOf(right), 0);
  return hash;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Whole subtrees that a tree of less than 2^53 leaves may have. */
const SUBTREES_MAX = 54;

/** A tree that only grows: the roots of its whole subtrees, the largest first. */
export class GrowingTree {
  /** How many leaves it has. */
  size = 0;
  readonly #roots = new Uint8Array(SUBTREES_MAX * 32);
  readonly #view = new DataView(this.#roots.buffer);
  #count = 0;

  /** Adds leaves by their hashes, one behind the other. */
  addAll(leaves: Uint8Array): void {
    const view = viewOf(leaves);
    for (let at = 0; at < leaves.length; at += 32) this.#add(view, at);
  }

  /** Adds a leaf by its hash. */
  add(leaf: Hash): void {
    this.#add(viewOf(leaf), 0);
  }

  #add(leaves: DataView, at: number): void {
    const roots = this.#view;
    const to = this.#count * 32;
    for (let index = 0; index < 32; index += 4) {
      roots.setInt32(to + index, leaves.getInt32(at + index));
    }
    this.#count++;
    // Two subtrees of one size become one, as often as the former size ends in a one bit.
    for (let rest = this.size; rest % 2 === 1; rest = (rest - 1) / 2) {
      this.#count--;
      const left = (this.#count - 1) * 32;
      sha256OfPair(roots, left, NODE, roots, left, roots, left + 32);
    }
    this.size++;
  }

  /** The hash of all of it; of nothing, the hash of no bytes. */
  root(): Hash {
    if (this.#count === 0) return sha256(new Uint8Array(0));
    const at = (index: number) => this.#roots.slice(index * 32, index * 32 + 32);
    let hash = at(this.#count - 1);
    for (let index = this.#count - 2; index >= 0; index--) hash = nodeHash(at(index), hash);
    return hash;
  }

  /** A tree of the same leaves that grows on its own. */
  copy(): GrowingTree {
    const other = new GrowingTree();
    other.size = this.size;
    other.#count = this.#count;
    other.#roots.set(this.#roots);
    return other;
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
/** The platform's own, where it has it (ECMAScript 2026). */
const platformHex = (Uint8Array.prototype as { toHex?: (this: Uint8Array) => string }).toHex;

/** Bytes as hex. */
export function toHex(bytes: Uint8Array): string {
  if (platformHex !== undefined) return platformHex.call(bytes);
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** A hash from hex, or undefined. */
export function fromHex(text: string): Hash | undefined {
  if (!/^[0-9a-f]{64}$/.test(text)) return undefined;
  return Uint8Array.from(text.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}
