import { canonicalOfParsed } from "./canonical.ts";
import type { AuditKey } from "./keys.ts";
import { GrowingTree, type Hash, leafHash, toHex } from "./merkle.ts";

/** The first thing that is wrong with a trail. */
export interface AuditProblem {
  /** The number of the first bad entry; undefined when it is not about one. */
  readonly seq: number | undefined;
  /** The line, from 1. */
  readonly line: number;
  /** What is wrong, for people. */
  readonly reason: string;
}

/** What a trail holds. */
export interface ReadTrail {
  readonly problem: AuditProblem | undefined;
  /** Entries that checkpoints cover. */
  readonly head: { readonly size: number; readonly root: string };
  readonly checkpoints: number;
  /** Bytes up to the last checkpoint, and those behind it. */
  readonly signedBytes: number;
  readonly tornBytes: number;
  readonly tree: GrowingTree;
  /** The hash of the last entry. */
  readonly previous: string;
  /** The hashes of the entries, where they were asked for. */
  readonly leaves: readonly Hash[];
  /** The root at the size that was asked for. */
  readonly rootAt: string | undefined;
}

/** What else is wanted of reading. */
export interface ReadOptions {
  /** Checks signatures; without one they are not looked at. */
  readonly key?: AuditKey;
  /** Keeps the hashes. */
  readonly keepsLeaves?: boolean;
  /** Notes the root at this size. */
  readonly rootAt?: number;
}

const FIRST = "0".repeat(64);
const encoder = new TextEncoder();

/** Reads a trail and checks numbers, hashes and, with a key, signatures. Stops at the first problem. */
export async function readTrail(
  text: string,
  options: ReadOptions = {},
): Promise<ReadTrail> {
  const reader = new Reader(options);
  const lines = text.split("\n");
  // Without a last line feed the last line is torn.
  const torn = lines.pop() ?? "";
  for (const line of lines) {
    await reader.take(line);
    if (reader.problem !== undefined) break;
  }
  if (torn !== "") reader.bytes += encoder.encode(torn).length;
  return reader.result();
}

class Reader {
  problem: AuditProblem | undefined;
  bytes = 0;
  readonly #options: ReadOptions;
  #tree: GrowingTree;
  /** The tree at the last checkpoint: what is behind it is not part of the trail. */
  #leaves: Hash[] = [];
  #signed = { size: 0, root: "", bytes: 0, previous: FIRST, checkpoints: 0 };
  #previous = FIRST;
  #line = 0;
  #rootAt: string | undefined;

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#tree = new GrowingTree();
  }

  async take(line: string): Promise<void> {
    this.#line++;
    this.bytes += encoder.encode(line).length + 1;
    const size = this.#tree.size;
    let parsed: Record<string, unknown>;
    try {
      parsed = JSON.parse(line);
      if (typeof parsed !== "object" || parsed === null || canonicalOfParsed(parsed) !== line) {
        return this.#fail(size, `entry ${size} is not in canonical form`);
      }
    } catch {
      return this.#fail(size, `entry ${size} is not JSON`);
    }
    if ("checkpoint" in parsed) await this.#checkpoint(parsed);
    else this.#entry(parsed, line);
  }

  #entry(entry: Record<string, unknown>, line: string): void {
    const size = this.#tree.size;
    if (entry.seq !== size) {
      return this.#fail(size, `entry ${size} is missing: number ${entry.seq} stands in its place`);
    }
    if (entry.prev !== this.#previous) {
      // The entry before is not the one that this one was written behind.
      const bad = size === 0 ? 0 : size - 1;
      return this.#fail(bad, `entry ${bad} was changed: its hash is not what entry ${size} names`);
    }
    const hash = leafHash(line);
    this.#tree.add(hash);
    this.#leaves.push(hash);
    this.#previous = toHex(hash);
    if (this.#tree.size === this.#options.rootAt) this.#rootAt = toHex(this.#tree.root());
  }

  async #checkpoint(parsed: Record<string, unknown>): Promise<void> {
    const checkpoint = parsed.checkpoint as Record<string, unknown>;
    const size = this.#tree.size;
    const root = toHex(this.#tree.root());
    const { size: before } = this.#signed;
    if (checkpoint?.size !== size) {
      return this.#fail(
        size,
        `entry ${size} is missing or one too many: the checkpoint covers ${checkpoint?.size}`,
      );
    }
    const { key } = this.#options;
    const isSigned = key === undefined || await this.#isSigned(key, parsed);
    if (checkpoint.root !== root) {
      // The chain of hashes holds, so the last one, which nothing names, or all were rewritten.
      const bad = isSigned ? size - 1 : before;
      return this.#fail(bad, `entry ${bad} was changed: the checkpoint's root is another`);
    }
    if (!isSigned) {
      return this.#fail(
        before < size ? before : undefined,
        before === 0
          ? "the signature of the first checkpoint is not of this key"
          : `the signature over the entries from ${before} is not of this key`,
      );
    }
    this.#signed = {
      size,
      root,
      bytes: this.bytes,
      previous: this.#previous,
      checkpoints: this.#signed.checkpoints + 1,
    };
  }

  async #isSigned(key: AuditKey, parsed: Record<string, unknown>): Promise<boolean> {
    const signature = hexBytes(parsed.sig);
    const { alg } = parsed.checkpoint as Record<string, unknown>;
    if (signature === undefined || alg !== key.algorithm) return false;
    return await key.verify(signature, encoder.encode(canonicalOfParsed(parsed.checkpoint)));
  }

  #fail(seq: number | undefined, reason: string): void {
    this.problem = { seq, line: this.#line, reason };
  }

  result(): ReadTrail {
    const { size, root, bytes, previous, checkpoints } = this.#signed;
    let tree = this.#tree;
    if (this.problem === undefined && tree.size > size) {
      // Entries behind the last checkpoint: the tree without them.
      tree = new GrowingTree();
      for (const leaf of this.#leaves.slice(0, size)) tree.add(leaf);
    }
    return {
      problem: this.problem,
      head: { size, root: size === 0 ? toHex(new GrowingTree().root()) : root },
      checkpoints,
      signedBytes: bytes,
      tornBytes: this.problem === undefined ? this.bytes - bytes : 0,
      tree,
      previous,
      leaves: this.#options.keepsLeaves === true ? this.#leaves : [],
      rootAt: this.#rootAt,
    };
  }
}

function hexBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof value !== "string" || !/^(?:[0-9a-f]{2})+$/.test(value)) return undefined;
  return Uint8Array.from(value.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}
