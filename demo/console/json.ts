/** JSON in which 64-bit whole numbers are decimal text. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, item) => typeof item === "bigint" ? item.toString() : item);
}
