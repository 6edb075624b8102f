import { systemClock } from "../core/clock.ts";
import { canonicalJson } from "./canonical.ts";
import type { AuditSigner } from "./keys.ts";
import { GrowingTree, leafHash, toHex } from "./merkle.ts";
import { readTrail } from "./read.ts";

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
  readonly time: number;
  readonly data: unknown;
  readonly context: AuditContext | undefined;
  readonly resolve: (receipt: AuditReceipt) => void;
  readonly reject: (error: unknown) => void;
}

/** The hash before the first entry. */
export const FIRST_PREVIOUS: string = "0".repeat(64);

const encoder = new TextEncoder();

/**
 * An audit trail: entries with numbers, each naming the hash of the one before, under a Merkle tree
 * (RFC 6962) whose root is signed after each batch. No level and no sampling can leave one out.
 */
export class AuditTrail {
  /** What was wrong when it was opened: an end that was torn off is cut off and said here. */
  readonly warnings: readonly string[];
  readonly #options: AuditOptions;
  readonly #tree: GrowingTree;
  #previous: string;
  #head: AuditHead;
  #waiting: Waiting[] = [];
  #pump: Promise<void> | undefined;
  #failure: unknown;
  #isClosed = false;

  /** Use {@linkcode openAudit}. */
  constructor(
    options: AuditOptions,
    state: { tree: GrowingTree; previous: string; head: AuditHead; warnings: readonly string[] },
  ) {
    this.#options = options;
    this.#tree = state.tree;
    this.#previous = state.previous;
    this.#head = state.head;
    this.warnings = state.warnings;
  }

  /**
   * Adds an entry; resolves when it is durable and covered by a signed checkpoint. It rejects when
   * that fails, and then every later one does as well: a trail with a hole is none.
   */
  append(data: unknown, context?: AuditContext): Promise<AuditReceipt> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#isClosed) return Promise.reject(new Error("audit: the trail is closed"));
    const time = this.#options.nowMs?.() ?? systemClock.wallMs();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ time, data, context, resolve, reject });
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
      const batch = this.#waiting;
      this.#waiting = [];
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
    const lines: string[] = [];
    const receipts: AuditReceipt[] = [];
    for (const { time, data, context } of batch) {
      const seq = this.#tree.size;
      const line = entryLine(seq, time, this.#previous, context, this.#redacted(data));
      const hash = leafHash(line);
      this.#tree.add(hash);
      this.#previous = toHex(hash);
      lines.push(line);
      receipts.push({ seq, hash: this.#previous });
    }
    const head = { size: this.#tree.size, root: toHex(this.#tree.root()) };
    lines.push(await checkpointLine(this.#options, head));
    await this.#options.store.append(`${lines.join("\n")}\n`);
    this.#head = head;
    batch.forEach(({ resolve }, index) => resolve(receipts[index]));
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

/** The canonical form of an entry, its names in their order. */
function entryLine(
  seq: number,
  time: number,
  previous: string,
  context: AuditContext | undefined,
  data: unknown,
): string {
  let line = `{"data":${canonicalJson(data)},"prev":"${previous}","seq":${seq},"time":"${
    new Date(time).toISOString()
  }"`;
  if (context?.traceId !== undefined) line += `,"trace_id":${JSON.stringify(context.traceId)}`;
  if (context?.transactionId !== undefined) {
    line += `,"transaction_id":${JSON.stringify(context.transactionId)}`;
  }
  return `${line}}`;
}

async function checkpointLine(
  { signer, nowMs }: AuditOptions,
  { size, root }: AuditHead,
): Promise<string> {
  const time = new Date(nowMs?.() ?? systemClock.wallMs()).toISOString();
  const checkpoint = { size, root, time, alg: signer.algorithm };
  const signature = await signer.sign(encoder.encode(canonicalJson(checkpoint)));
  return canonicalJson({ checkpoint, sig: toHex(signature) });
}

/**
 * Opens a trail, and goes on where it ended. What lies behind the last checkpoint was never
 * acknowledged: it is cut off, said in `warnings`, and recorded as the first new entry.
 *
 * @throws {Error} When what is there is no whole trail: it names the first bad entry.
 */
export async function openAudit(options: AuditOptions): Promise<AuditTrail> {
  const found = await readTrail(await options.store.read());
  if (found.problem !== undefined) {
    throw new Error(`audit: ${found.problem.reason} (line ${found.problem.line})`);
  }
  const warnings: string[] = [];
  if (found.tornBytes > 0) {
    await options.store.truncate(found.signedBytes);
    warnings.push(`${found.tornBytes} bytes behind the last checkpoint were cut off`);
  }
  const trail = new AuditTrail(options, {
    tree: found.tree,
    previous: found.previous,
    head: found.head,
    warnings,
  });
  if (found.tornBytes > 0) {
    await trail.append({ "sextant.audit.recovered": { torn_bytes: found.tornBytes } });
  }
  return trail;
}
