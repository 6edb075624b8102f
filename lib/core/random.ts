/** Where random bits come from: ids and sampling. */
export interface Random {
  /** Thirty-two random bits as a signed integer. */
  int32(): number;
}

/** 8 KiB a refill: below that the call dominates, above it the cache suffers. */
const POOL_WORDS = 2048;

class CryptoRandom implements Random {
  #pool: Int32Array<ArrayBuffer> | undefined;
  #next = POOL_WORDS;

  int32(): number {
    if (this.#next === POOL_WORDS) this.#refill();
    return this.#pool![this.#next++];
  }

  #refill(): void {
    try {
      crypto.getRandomValues(this.#pool ??= new Int32Array(POOL_WORDS));
      this.#next = 0;
    } catch {
      // In workerd's global scope `crypto` gives nothing: one word, and the next call asks again.
      this.#pool![--this.#next] = Math.random() * 2 ** 32;
    }
  }
}

/** A random number from 0 to below 1, for what needs no more than being spread. */
export function fraction(): number {
  return Math.random();
}

/** Random bits of the platform's `crypto`, drawn from a pool that is refilled 8 KiB at a time. */
export function cryptoRandom(): Random {
  return new CryptoRandom();
}
