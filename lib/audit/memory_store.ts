import type { AuditStore } from "./trail.ts";

/** A store in memory, for tests and demos: `text` is what was kept. */
export interface MemoryAuditStore extends AuditStore {
  /** All lines. */
  text: string;
}

/** Keeps lines in memory. */
export function memoryAuditStore(text = ""): MemoryAuditStore {
  const store: MemoryAuditStore = {
    text,
    read: () => Promise.resolve(store.text),
    append(more) {
      store.text += more;
      return Promise.resolve();
    },
    truncate(bytes) {
      const kept = new TextEncoder().encode(store.text).subarray(0, bytes);
      store.text = new TextDecoder().decode(kept);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return store;
}
