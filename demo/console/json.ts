/** A value as the API answers it: 64-bit whole numbers are decimal text there. */
export type Json<T> = T extends bigint ? string
  : T extends string | number | boolean | null | undefined ? T
  : T extends readonly unknown[] | Readonly<Record<string, unknown>>
    ? { [K in keyof T]: Json<T[K]> }
  : T extends object ? { [K in keyof T]: Json<T[K]> }
  : unknown;

/** JSON in which 64-bit whole numbers are decimal text. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, item) => typeof item === "bigint" ? item.toString() : item);
}
