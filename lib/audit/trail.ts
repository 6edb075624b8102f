import { systemClock } from "../core/clock.ts";
import { isoTime } from "../core/iso_time.ts";
import { quoted } from "../core/quoted.ts";
import { canonicalJson } from "./canonical.ts";
import type { AuditSigner } from "./keys.ts";
import { type GrowingTree, hashesOf, toHex } from "./merkle.ts";
import { type LastCheckpoint, readTrail } from "./read.ts";

/** Keeps the lines of a trail. */
export interface AuditStore {
  /** All that was kept. */
  read(): Promise<string>;
  /** Adds lines; resolves when they are durable. */
  append(text: string): Promise<void>;
  /** Cuts off all behind so many bytes. */
  truncate(bytes: number): Promise<void>;
  /** Closes for good. */
  close(): Promise<void>;
}

/** Where an entry belongs. */
export interface AuditContext {
  /** 32 hex digits. */
  readonly traceId?: string;
  /** The transaction. */
  readonly transactionId?: string;
}

/** Options of {@linkcode openAudit}. */
export interface AuditOptions {
  /** Where lines go. */
  readonly store: AuditStore;
  /** Signs checkpoints. */
  readonly signer: AuditSigner;
  /** Changes what is recorded before it is hashed: redaction. */
  readonly redact?: (data: unknown) => unknown;
  /**
   * Entries that may wait for the store; past them `append` rejects, since no memory is endless.
   * Default 100,000.
   */
  readonly waitingMax?: number;
  /** The time in milliseconds since the epoch; default the platform's. */
  readonly nowMs?: () => number;
}

/** What an entry became. */
export interface AuditReceipt {
  /** Its number, from 0. */
  readonly seq: number;
  /** Its hash as hex, the leaf of the tree. */
  readonly hash: string;
}

/** The newest checkpoint: keep it elsewhere, and a trail that was cut off is found out. */
export interface AuditHead {
  /** How many entries. */
  readonly size: number;
  /** The root over them as hex. */
  readonly root: string;
}

interface Waiting {
  /** All of the line but its number: what comes before it, and what behind. */
  readonly before: string;
  readonly behind: string;
  readonly resolve: (receipt: AuditReceipt) => void;
  readonly reject: (error: unknown) => void;
}

/** Entries under one checkpoint at most. */
const BATCH_MAX = 1024;
const WAITING_MAX = 100_000;

const encoder = new TextEncoder();

/**
 * An audit trail: numbered entries under a Merkle tree (RFC 6962) whose root is signed after each
 * batch, with the hashes of the batch's entries. No level and no sampling can leave one out.
 */
export class AuditTrail {
  /** What was wrong when it was opened: an end that was torn off is cut off and said here. */
  readonly warnings: readonly string[];
  readonly #options: AuditOptions;
  readonly #tree: GrowingTree;
  #head: AuditHead;
  #waiting: Waiting[] = [];
  #pump: Promise<void> | undefined;
  #failure: unknown;
  #isClosed = false;

  /** Use {@linkcode openAudit}. */
  constructor(
    options: AuditOptions,
    state: { tree: GrowingTree; head: AuditHead; warnings: readonly string[] },
  ) {
    this.#options = options;
    this.#tree = state.tree;
    this.#head = state.head;
    this.warnings = state.warnings;
  }

  /**
   * Adds an entry as it is now; resolves when it is durable and covered by a signed checkpoint. It
   * rejects when that fails, and then every later one does as well: a trail with a hole is none.
   */
  append(data: unknown, context?: AuditContext): Promise<AuditReceipt> {
    const { waitingMax = WAITING_MAX } = this.#options;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#isClosed) return Promise.reject(new Error("audit: the trail is closed"));
    if (this.#waiting.length >= waitingMax) {
      return Promise.reject(new Error(`audit: ${waitingMax} entries wait for the store`));
    }
    // Redacted and written now: what the caller changes later changes nothing.
    const before = `{"data":${canonicalJson(this.#redacted(data))},"seq":`;
    const behind = lineEnd(this.#options.nowMs?.() ?? systemClock.wallMs(), context);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ before, behind, resolve, reject });
      this.#pump ??= this.#run();
    });
  }

  /** The newest checkpoint. */
  get head(): AuditHead {
    return this.#head;
  }

  /** Waits for all entries and closes the store. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#pump;
    await this.#options.store.close();
  }

  async #run(): Promise<void> {
    // What comes in the same turn shares one write and one signature.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH_MAX);
      this.#waiting = this.#waiting.slice(BATCH_MAX);
      try {
        await this.#write(batch);
      } catch (error) {
        this.#failure = error;
        for (const { reject } of [...batch, ...this.#waiting]) reject(error);
        this.#waiting = [];
      }
    }
    this.#pump = undefined;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const first = this.#tree.size;
    let text = "";
    for (let index = 0; index < batch.length; index++) {
      const { before, behind } = batch[index];
      text += `${before}${first + index}${behind}\n`;
    }
    const leaves = hashesOf(text, batch.length);
    this.#tree.addAll(leaves);
    const hashes = toHex(leaves);
    const head = { size: this.#tree.size, root: toHex(this.#tree.root()) };
    text += await checkpointLine(this.#options, head, hashes);
    await this.#options.store.append(text);
    this.#head = head;
    for (let index = 0; index < batch.length; index++) {
      const hash = hashes.slice(index * 64, index * 64 + 64);
      batch[index].resolve({ seq: first + index, hash });
    }
  }

  #redacted(data: unknown): unknown {
    const { redact } = this.#options;
    if (redact === undefined) return data;
    try {
      return redact(data);
    } catch {
      // Rather the entry without its data than data that should be hidden.
      return { "sextant.redaction_failed": true };
    }
  }
}

/** What stands behind the number of an entry, its names in their order. */
function lineEnd(timeMs: number, context: AuditContext | undefined): string {
  let text = `,"time":"${isoTime(timeMs)}"`;
  if (context?.traceId !== undefined) text += `,"trace_id":${quoted(context.traceId)}`;
  if (context?.transactionId !== undefined) {
    text += `,"transaction_id":${quoted(context.transactionId)}`;
  }
  return `${text}}`;
}

async function checkpointLine(
  { signer, nowMs }: AuditOptions,
  { size, root }: AuditHead,
  leaves: string,
): Promise<string> {
  const time = isoTime(nowMs?.() ?? systemClock.wallMs());
  const checkpoint = { size, root, time, alg: signer.algorithm };
  const signature = await signer.sign(encoder.encode(canonicalJson(checkpoint)));
  return `${canonicalJson({ checkpoint, leaves, sig: toHex(signature) })}\n`;
}

/**
 * Opens a trail, and goes on where it ended. What lies behind the last checkpoint was never
 * acknowledged: it is cut off, said in `warnings`, and recorded as the first new entry.
 *
 * @throws {Error} When what is there is no whole trail, or its last checkpoint was not signed by the
 * signer's key: it names the first bad entry.
 */
export async function openAudit(options: AuditOptions): Promise<AuditTrail> {
  const found = await readTrail(await options.store.read());
  if (found.problem !== undefined) {
    throw new Error(`audit: ${found.problem.reason} (line ${found.problem.line})`);
  }
  if (found.last !== undefined) await checkSigned(options.signer, found.last);
  const warnings: string[] = [];
  if (found.tornBytes > 0) {
    await options.store.truncate(found.signedBytes);
    warnings.push(`${found.tornBytes} bytes behind the last checkpoint were cut off`);
  }
  const trail = new AuditTrail(options, {
    tree: found.tree,
    head: found.head,
    warnings,
  });
  if (found.tornBytes > 0) {
    await trail.append({ "sextant.audit.recovered": { torn_bytes: found.tornBytes } });
  }
  return trail;
}

/** A trail that others wrote must not be gone on with: the next checkpoint would vouch for it. */
async function checkSigned({ verify }: AuditSigner, last: LastCheckpoint): Promise<void> {
  if (verify === undefined || await verify(last.signature, last.signed)) return;
  throw new Error(
    `audit: the checkpoint over ${last.size} entries is not of this key (line ${last.line})`,
  );
}
