import type { DatabaseSync } from "node:sqlite";

/** A row of an answer; whole numbers are bigints. */
export type Row = Readonly<Record<string, unknown>>;
/** What a question may be filled in with. */
export type Value = string | number | bigint | null;
/** Asks a database. */
export type All = (sql: string, ...values: readonly Value[]) => Row[];

/** Makes what asks a database; statements are kept, since the page asks the same ones again. */
export function asker(database: DatabaseSync): All {
  const statements = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  return (sql, ...values) => {
    let statement = statements.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      statement.setReadBigInts(true);
      statements.set(sql, statement);
    }
    return statement.all(...values) as Row[];
  };
}

/** Conditions that must all hold, each with its values. */
export class Where {
  readonly #conditions: string[] = ["1"];
  readonly #values: Value[] = [];

  /** Adds one, unless its first value is undefined. */
  and(condition: string, ...values: readonly (Value | undefined)[]): this {
    if (values[0] === undefined) return this;
    this.#conditions.push(condition);
    this.#values.push(...values as Value[]);
    return this;
  }

  /** The conditions, for `WHERE`. */
  get sql(): string {
    return this.#conditions.join(" AND ");
  }

  /** The values, in their order. */
  get values(): readonly Value[] {
    return this.#values;
  }
}

/** Nanoseconds of milliseconds. */
export function nsOf(ms: number | undefined): bigint | undefined {
  return ms === undefined ? undefined : BigInt(Math.round(Math.min(ms, 9e12) * 1e3)) * 1000n;
}

/**
 * A condition for an attribute of `name=value`, with its values; none without an `=`. Text that can't
 * hold the value is left out before its JSON is read, which takes most of the time.
 */
export function attributeIs(
  text: string | undefined,
): [sql: string, values: readonly Value[]] | undefined {
  const equals = text?.indexOf("=") ?? -1;
  if (text === undefined || equals < 1) return undefined;
  // A quote can't be in a path of SQLite's; no attribute that matters has one.
  const path = `$."${text.slice(0, equals).replaceAll('"', "")}"`;
  const value = text.slice(equals + 1);
  return [
    `instr(attributes, ?) AND CASE json_type(attributes, ?)
       WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'
       ELSE CAST(attributes ->> ? AS TEXT) END = ?`,
    [JSON.stringify(value).slice(1, -1), path, path, value],
  ];
}

/** The least value that a part of all weights doesn't exceed, of values in ascending order. */
export function percentile(sorted: readonly number[], part: number, weights?: readonly number[]) {
  if (weights === undefined) return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
  const most = weights.reduce((sum, weight) => sum + weight, 0) * part;
  let sum = 0;
  for (let index = 0; index < sorted.length; index++) {
    sum += weights[index];
    if (sum >= most * (1 - 1e-12)) return sorted[index];
  }
  return sorted.at(-1) ?? 0;
}
