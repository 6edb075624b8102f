/** A path that is being walked: `*` is one name, `**` any number of them. */
export interface PathPattern {
  /** True when all of it was walked. */
  readonly isEnd: boolean;
  /** The places that a name leads to. */
  step(name: string): readonly PathPattern[];
}

/**
 * Reads `user.email`, `items.*.card`, `**.token`.
 *
 * @throws {TypeError} When a part is empty.
 */
export function pathPattern(text: string): PathPattern {
  const parts = text.split(".");
  if (parts.some((part) => part === "")) {
    throw new TypeError(
      `redact(): path ${JSON.stringify(text)} has an empty part, allowed is a.b, a.*.b or **.b`,
    );
  }
  return new Place(parts, 0);
}

class Place implements PathPattern {
  readonly isEnd: boolean;
  readonly #parts: readonly string[];
  readonly #at: number;

  constructor(parts: readonly string[], at: number) {
    this.#parts = parts;
    this.#at = at;
    this.isEnd = at === parts.length;
  }

  step(name: string): readonly PathPattern[] {
    if (this.isEnd) return [];
    const part = this.#parts[this.#at];
    if (part === "**") {
      // Stays, or is left: what comes behind it may begin here.
      return [this, ...new Place(this.#parts, this.#at + 1).step(name)];
    }
    return part === "*" || part === name ? [new Place(this.#parts, this.#at + 1)] : [];
  }
}
