import type { Random } from "../core/random.ts";
import { int32ToHex } from "../core/hex.ts";

/** The baggage entry that carries a transaction id from service to service. */
export const TRANSACTION_BAGGAGE_KEY = "transaction.id";

/** What an id from elsewhere may be: bounded, and safe in headers, lines and file names. */
const WELL_FORMED = /^[A-Za-z0-9._-]{1,64}$/;

/** A transaction id from elsewhere, or undefined when there is none or it is malformed. */
export function acceptTransactionId(text: string | null | undefined): string | undefined {
  if (text === null || text === undefined || text.length > 64) return undefined;
  return WELL_FORMED.test(text) ? text : undefined;
}

/** A new transaction id: 24 hex digits, 96 random bits. */
export function newTransactionId(random: Random): string {
  return int32ToHex(random.int32()) + int32ToHex(random.int32()) + int32ToHex(random.int32());
}
