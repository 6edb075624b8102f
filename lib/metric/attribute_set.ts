import type { Attributes } from "../core/attributes.ts";
import { AttributeSet } from "./series.ts";

/** Finds the one set for the same attributes, whatever their order. */
export class AttributeSets {
  /** Without any attribute. */
  readonly empty: AttributeSet = new AttributeSet({});
  /** For what came past the limit (OpenTelemetry metrics SDK, "Overflow attribute"). */
  readonly overflow: AttributeSet = new AttributeSet({ "otel.metric.overflow": true });
  readonly #sets = new Map<string, AttributeSet>();
  readonly #most: number;

  /** Remembers `most` sets; the others are {@linkcode AttributeSets.overflow}. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The set of these attributes. */
  of(attributes: Attributes | undefined): AttributeSet {
    if (attributes === undefined) return this.empty;
    if (attributes instanceof AttributeSet) return attributes;
    // In the order they come first: the same place in a program gives them in the same one.
    let text = "";
    for (const key in attributes) {
      const value = attributes[key];
      if (value !== undefined) text += `${key}\u0000${textOf(value)}\u0001`;
    }
    const known = this.#sets.get(text);
    if (known !== undefined) return known;
    const set = this.#sorted(attributes);
    if (set !== this.overflow) this.#sets.set(text, set);
    return set;
  }

  #sorted(attributes: Attributes): AttributeSet {
    const keys = Object.keys(attributes).filter((key) => attributes[key] !== undefined).sort();
    if (keys.length === 0) return this.empty;
    if (this.#sets.size >= this.#most) return this.overflow;
    const text = keys.map((key) => `${key}\u0000${textOf(attributes[key])}\u0001`).join("");
    let set = this.#sets.get(text);
    if (set === undefined) {
      set = new AttributeSet(Object.fromEntries(keys.map((key) => [key, plain(attributes[key])])));
      this.#sets.set(text, set);
    }
    return set;
  }

  /** The set with some of the names alone. */
  only(set: AttributeSet, names: readonly string[]): AttributeSet {
    if (set === this.overflow) return set;
    const kept = Object.entries(set.values).filter(([name]) => names.includes(name));
    return this.of(Object.fromEntries(kept));
  }
}

/** A value as text that says its type as well: 1 and "1" are different. */
function textOf(value: unknown): string {
  return typeof value === "string" ? `"${value}` : String(plain(value));
}

/** Attributes of metrics are text, numbers and booleans; all else is their text. */
function plain(value: unknown): string | number | boolean {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    default:
      try {
        return String(value);
      } catch {
        return "[unreadable]";
      }
  }
}
