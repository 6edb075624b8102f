import type { Delivery } from "../core/delivery.ts";

/** Sends one request. */
export interface Transport {
  /**
   * Sends a body and says what became of it. It never rejects, and it settles when `signal` is
   * aborted at the latest.
   */
  send(body: Uint8Array<ArrayBuffer>, contentType: string, signal: AbortSignal): Promise<Delivery>;
}
