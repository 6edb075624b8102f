/**
 * A spool in a folder, for Deno: batches that could not be delivered survive the process, a
 * `kill -9` included, and are delivered when the collector is back.
 *
 * @module
 */
import type { Spool, SpooledBatch, SpoolQueue } from "../pipeline/spool.ts";

/** Options of {@linkcode fileSpool}. */
export interface FileSpoolOptions {
  /** Where: a folder that this process alone uses; it is made. */
  readonly folder: string;
  /** Bytes at most for each signal of a destination; default 256 MiB. More are dropped, counted. */
  readonly bytesMax?: number;
  /** Milliseconds a batch is kept at most; default 24 hours. Older ones are dropped, counted. */
  readonly ageMsMax?: number;
}

interface Kept {
  readonly name: string;
  readonly count: number;
  readonly sizeBytes: number;
  readonly wallMs: number;
  /** An earlier process was sending it. */
  readonly isRepeat: boolean;
}

const BYTES_MAX = 256 * 1024 * 1024;
const AGE_MS_MAX = 24 * 60 * 60 * 1000;
/** A batch is a file: when it was kept, in which order, how many records, whether it is being sent. */
const NAME = /^(\d+)-(\d+)-(\d+)\.(batch|sending)$/;

/**
 * Keeps what can't be delivered in a folder, a file a batch. A batch that is being sent is marked,
 * so that a process that ends meanwhile leaves word that it may arrive twice.
 *
 * @throws {RangeError} When a number is not positive.
 */
export function fileSpool(options: FileSpoolOptions): Spool {
  for (const name of ["bytesMax", "ageMsMax"] as const) {
    const value = options[name];
    if (value !== undefined && !(value > 0)) {
      throw new RangeError(`fileSpool(): ${name} is ${value}, allowed is a positive number`);
    }
  }
  return {
    open: (name, wallMs) =>
      new FolderQueue(
        `${options.folder}/${name.replaceAll(/[^A-Za-z0-9._-]/g, "_")}`,
        options.bytesMax ?? BYTES_MAX,
        options.ageMsMax ?? AGE_MS_MAX,
        wallMs,
      ),
  };
}

class FolderQueue implements SpoolQueue {
  records = 0;
  sizeBytes = 0;
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #ageMsMax: number;
  readonly #wallMs: () => number;
  readonly #kept: Kept[] = [];
  /** Held for as long as the process lives: a second one that used the folder would send all twice. */
  readonly #lock: Deno.FsFile;
  #sequence = 0;
  #unreadable = 0;

  constructor(folder: string, bytesMax: number, ageMsMax: number, wallMs: () => number) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
    this.#ageMsMax = ageMsMax;
    this.#wallMs = wallMs;
    Deno.mkdirSync(folder, { recursive: true });
    this.#lock = Deno.openSync(`${folder}/lock`, { write: true, create: true });
    if (!this.#lock.tryLockSync(true)) {
      this.#lock.close();
      throw new Error(`fileSpool(): ${folder} is used by another process`);
    }
    this.#adopt();
  }

  /** Takes over what an earlier process left. */
  #adopt(): void {
    for (const { name } of Deno.readDirSync(this.#folder)) {
      const match = NAME.exec(name);
      // What was not written to its end has another name; its process still had the records.
      if (match === null) {
        if (name.endsWith(".part")) Deno.removeSync(`${this.#folder}/${name}`);
        continue;
      }
      const [, wallMs, sequence, count, state] = match;
      const { size } = Deno.statSync(`${this.#folder}/${name}`);
      this.#sequence = Math.max(this.#sequence, Number(sequence) + 1);
      this.#enter({
        name: name.slice(0, name.lastIndexOf(".")),
        count: Number(count),
        sizeBytes: size,
        wallMs: Number(wallMs),
        isRepeat: state === "sending",
      });
    }
    this.#kept.sort((a, b) =>
      a.wallMs - b.wallMs || Number(a.name.split("-")[1]) - Number(b.name.split("-")[1])
    );
  }

  #enter(kept: Kept): void {
    this.#kept.push(kept);
    this.records += kept.count;
    this.sizeBytes += kept.sizeBytes;
  }

  put(body: Uint8Array<ArrayBuffer>, count: number): boolean {
    if (this.sizeBytes + body.length > this.#bytesMax) return false;
    const wallMs = Math.floor(this.#wallMs());
    const name = `${wallMs}-${this.#sequence++}-${count}`;
    const path = `${this.#folder}/${name}`;
    try {
      // A whole file has its name at once: a process that is killed leaves none that is torn.
      Deno.writeFileSync(`${path}.part`, body);
      Deno.renameSync(`${path}.part`, `${path}.batch`);
    } catch {
      // No room on the disk, or no permission: the caller keeps it.
      return false;
    }
    this.#enter({ name, count, sizeBytes: body.length, wallMs, isRepeat: false });
    return true;
  }

  next(): SpooledBatch | undefined {
    while (true) {
      const kept = this.#kept.shift();
      if (kept === undefined) return undefined;
      const path = `${this.#folder}/${kept.name}`;
      const leave = () => {
        this.records -= kept.count;
        this.sizeBytes -= kept.sizeBytes;
      };
      leave();
      try {
        if (!kept.isRepeat) Deno.renameSync(`${path}.batch`, `${path}.sending`);
        const body = Deno.readFileSync(`${path}.sending`);
        return {
          body,
          count: kept.count,
          isRepeat: kept.isRepeat,
          done: () => removeFile(`${path}.sending`),
          putBack: () => this.#putBack(kept),
        };
      } catch {
        // Somebody has taken the file away.
        this.#unreadable += kept.count;
      }
    }
  }

  #putBack(kept: Kept): void {
    const path = `${this.#folder}/${kept.name}`;
    try {
      Deno.renameSync(`${path}.sending`, `${path}.batch`);
    } catch {
      this.#unreadable += kept.count;
      return;
    }
    this.#kept.unshift({ ...kept, isRepeat: false });
    this.records += kept.count;
    this.sizeBytes += kept.sizeBytes;
  }

  expire(): number {
    let lost = this.#unreadable;
    this.#unreadable = 0;
    const oldestMs = this.#wallMs() - this.#ageMsMax;
    while (this.#kept.length > 0 && this.#kept[0].wallMs < oldestMs) {
      const kept = this.#kept.shift()!;
      this.records -= kept.count;
      this.sizeBytes -= kept.sizeBytes;
      lost += kept.count;
      removeFile(`${this.#folder}/${kept.name}.${kept.isRepeat ? "sending" : "batch"}`);
    }
    return lost;
  }
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is gone, which is what was wanted.
  }
}
