/**
 * What an audit trail needs of Deno: a file whose lines are on the disk before they are
 * acknowledged, with one writer.
 *
 * @module
 */
import type { AuditStore } from "../audit/trail.ts";

const encoder = new TextEncoder();

/**
 * Keeps a trail in a file. It is locked: a second writer is refused.
 *
 * @throws {Error} When another process writes it, naming the file.
 */
export async function fileAuditStore(path: string): Promise<AuditStore> {
  const file = await Deno.open(path, { read: true, write: true, create: true });
  if (!await file.tryLock(true)) {
    file.close();
    throw new Error(`audit: ${path} is written by another process`);
  }
  await file.seek(0, Deno.SeekMode.End);
  return {
    read: () => Deno.readTextFile(path),
    async append(text) {
      const bytes = encoder.encode(text);
      let written = 0;
      while (written < bytes.length) written += await file.write(bytes.subarray(written));
      await file.syncData();
    },
    async truncate(bytes) {
      await file.truncate(bytes);
      await file.seek(0, Deno.SeekMode.End);
      await file.sync();
    },
    close() {
      file.close();
      return Promise.resolve();
    },
  };
}
