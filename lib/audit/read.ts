import { canonicalOfParsed } from "./canonical.ts";
import type { AuditKey } from "./keys.ts";
import { GrowingTree, type Hash, hashesOf, isSame, toHex } from "./merkle.ts";

/** The first thing that is wrong with a trail. */
export interface AuditProblem {
  /** The number of the first bad entry; undefined when it is not about one. */
  readonly seq: number | undefined;
  /** The line, from 1. */
  readonly line: number;
  /** What is wrong, for people. */
  readonly reason: string;
}

/** The last checkpoint, to be verified. */
export interface LastCheckpoint {
  readonly size: number;
  /** The line, from 1. */
  readonly line: number;
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** What a trail holds. */
export interface ReadTrail {
  readonly problem: AuditProblem | undefined;
  /** Entries that checkpoints cover. */
  readonly head: { readonly size: number; readonly root: string };
  readonly checkpoints: number;
  readonly last: LastCheckpoint | undefined;
  /** Bytes up to the last checkpoint, and those behind it. */
  readonly signedBytes: number;
  readonly tornBytes: number;
  readonly tree: GrowingTree;
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

/** A checkpoint's parts, whatever is in the line. */
interface Checkpoint {
  readonly size: unknown;
  readonly root: unknown;
  readonly alg: unknown;
  readonly leaves: Uint8Array<ArrayBuffer>;
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer> | undefined;
}

class Reader {
  problem: AuditProblem | undefined;
  bytes = 0;
  readonly #options: ReadOptions;
  /** What checkpoints cover: what is behind the last one is not part of the trail. */
  #tree = new GrowingTree();
  #signed = { root: "", bytes: 0, checkpoints: 0 };
  #last: LastCheckpoint | undefined;
  #leaves: Hash[] = [];
  /** Lines since the last checkpoint. */
  #open: string[] = [];
  #line = 0;
  #rootAt: string | undefined;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  async take(line: string): Promise<void> {
    this.#line++;
    this.bytes += encoder.encode(line).length + 1;
    if (line.startsWith('{"checkpoint"')) await this.#checkpoint(line);
    else this.#open.push(line);
  }

  async #checkpoint(line: string): Promise<void> {
    const entries = this.#open;
    this.#open = [];
    const before = this.#tree.size;
    const checkpoint = checkpointOf(line);
    if (checkpoint === undefined) {
      return this.#fail(before, this.#line, `the checkpoint behind entry ${before} was changed`);
    }
    const count = Number(checkpoint.size) - before;
    const { key } = this.#options;
    const isSigned = key === undefined || await isSignedBy(key, checkpoint);
    const tree = this.#tree.copy();
    const listed = checkpoint.leaves;
    // What the signed root vouches for is right; an entry that differs is not.
    const isListRight = listed.length === count * 32 &&
      rootWith(tree, listed) === checkpoint.root;
    if (!isSigned) {
      const what = before === 0 ? "the first checkpoint" : `the entries from ${before} on`;
      return this.#fail(before, this.#line, `the signature over ${what} is not of this key`);
    }
    const hashes = this.#checkEntries(entries, before, count, isListRight ? listed : undefined);
    if (hashes === undefined) return;
    const root = toHex(this.#tree.root());
    if (root !== checkpoint.root || !isListRight) {
      return this.#changed(before, hashes, root === checkpoint.root, listed);
    }
    this.#signed = { root, bytes: this.bytes, checkpoints: this.#signed.checkpoints + 1 };
    this.#last = {
      size: this.#tree.size,
      line: this.#line,
      signed: checkpoint.signed,
      signature: checkpoint.signature ?? new Uint8Array(0),
    };
  }

  /** Adds entries to the tree up to the first bad one; their hashes, or undefined after a problem. */
  #checkEntries(
    entries: readonly string[],
    before: number,
    count: number,
    listed: Uint8Array<ArrayBuffer> | undefined,
  ): Uint8Array<ArrayBuffer> | undefined {
    const hashes = hashesOf(entries.map((entry) => `${entry}\n`).join(""), entries.length);
    const firstLine = this.#line - entries.length;
    for (let index = 0; index < entries.length; index++) {
      const seq = before + index;
      const reason = index >= count
        ? `entry ${seq} is one too many: the checkpoint covers ${before + count}`
        : entryProblem(entries[index], seq);
      if (reason !== undefined) return this.#fail(seq, firstLine + index, reason);
      const at = index * 32;
      this.#tree.add(hashes.subarray(at, at + 32));
      if (
        listed !== undefined && !isSame(hashes.subarray(at, at + 32), listed.subarray(at, at + 32))
      ) {
        return this.#fail(
          seq,
          firstLine + index,
          `entry ${seq} was changed: its hash is not the signed one`,
        );
      }
      if (this.#options.keepsLeaves === true) this.#leaves.push(hashes.slice(at, at + 32));
      if (this.#tree.size === this.#options.rootAt) this.#rootAt = toHex(this.#tree.root());
    }
    if (entries.length === count) return hashes;
    const seq = before + entries.length;
    return this.#fail(
      seq,
      this.#line,
      `entry ${seq} is missing: the checkpoint covers ${before + count}`,
    );
  }

  /** Entries that are not those of the root, or a list that is not that of the entries. */
  #changed(
    before: number,
    hashes: Uint8Array,
    isRootRight: boolean,
    listed: Uint8Array,
  ): void {
    const differs = firstDifference(hashes, listed);
    const bad = before + (differs ?? 0);
    const last = before + hashes.length / 32 - 1;
    const reason = isRootRight
      ? `the checkpoint behind entry ${last} was changed`
      : differs === undefined
      ? `one of the entries ${before} to ${last} was changed: their root is not the signed one`
      : `entry ${bad} was changed: it is not under the signed root`;
    this.#fail(bad, this.#line, reason);
  }

  #fail(seq: number, line: number, reason: string): undefined {
    this.problem = { seq, line, reason };
  }

  result(): ReadTrail {
    const { root, bytes, checkpoints } = this.#signed;
    const size = this.#last?.size ?? 0;
    return {
      problem: this.problem,
      head: { size, root: size === 0 ? toHex(new GrowingTree().root()) : root },
      checkpoints,
      last: this.#last,
      signedBytes: bytes,
      tornBytes: this.problem === undefined ? this.bytes - bytes : 0,
      tree: this.#tree,
      leaves: this.#leaves,
      rootAt: this.#rootAt,
    };
  }
}

/** What is wrong with an entry by itself. */
function entryProblem(line: string, seq: number): string | undefined {
  const parsed = parsedCanonical(line);
  if (parsed === undefined) return `entry ${seq} is not JSON in canonical form`;
  if (parsed.seq === seq) return undefined;
  return `entry ${seq} is missing: number ${parsed.seq} stands in its place`;
}

function parsedCanonical(line: string): Record<string, unknown> | undefined {
  try {
    const parsed = JSON.parse(line);
    const isObject = typeof parsed === "object" && parsed !== null;
    return isObject && canonicalOfParsed(parsed) === line ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function checkpointOf(line: string): Checkpoint | undefined {
  const parsed = parsedCanonical(line);
  const own = parsed?.checkpoint as Record<string, unknown> | null | undefined;
  if (parsed === undefined || typeof own !== "object" || own === null) return undefined;
  if (Object.keys(parsed).join() !== "checkpoint,leaves,sig") return undefined;
  if (!Number.isSafeInteger(own.size)) return undefined;
  return {
    size: own.size,
    root: own.root,
    alg: own.alg,
    leaves: hexBytes(parsed.leaves) ?? new Uint8Array(0),
    signed: encoder.encode(canonicalOfParsed(own)),
    signature: hexBytes(parsed.sig),
  };
}

async function isSignedBy(key: AuditKey, checkpoint: Checkpoint): Promise<boolean> {
  const { signature, signed, alg } = checkpoint;
  return signature !== undefined && alg === key.algorithm && await key.verify(signature, signed);
}

/** The root of a tree with more leaves; the tree is used up. */
function rootWith(tree: GrowingTree, leaves: Uint8Array): string {
  tree.addAll(leaves);
  return toHex(tree.root());
}

/** The number of the first hash that is not the listed one. */
function firstDifference(hashes: Uint8Array, listed: Uint8Array): number | undefined {
  const at = hashes.findIndex((byte, index) => byte !== listed[index]);
  return at < 0 ? undefined : at >> 5;
}

function hexBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof value !== "string" || !/^(?:[0-9a-f]{2})+$/.test(value)) return undefined;
  return Uint8Array.from(value.match(/../g)!, (pair) => Number.parseInt(pair, 16));
}
