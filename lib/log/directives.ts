import { isLevel, type Level, LEVELS } from "../core/level.ts";

/** `target[span{field=value}]=level`: which lines are written from which level on. */
export interface Directive {
  /** As it was written. */
  readonly text: string;
  /** The segments of the target; none means all targets. */
  readonly target: readonly string[];
  /** The name of the span the line is written in; undefined: any, or none. */
  readonly span: string | undefined;
  /** What the span's attributes must be: patterns, or undefined for "there at all". */
  readonly fields: readonly (readonly [name: string, pattern: string | undefined])[];
  /** The lowest level that is written. */
  readonly level: Level;
}

/** A part that was not understood; the others apply. */
export interface DirectiveError {
  /** The first character of what is wrong, from 1. */
  readonly column: number;
  /** What was expected. */
  readonly message: string;
}

/** Directives, and what was wrong with others. */
export interface ParsedDirectives {
  readonly directives: readonly Directive[];
  readonly errors: readonly DirectiveError[];
}

/** A name or a pattern within directives: everything but their own signs. */
const TARGET = /^[^\s[\]{}=,"]+$/;

/**
 * Reads directives as Rust's `EnvFilter` writes them: `warn,orders.payments=debug`,
 * `[checkout{tier=gold}]=trace`. Parts are separated by commas, segments of targets by `.`, `::` or
 * `/`; in values `*` stands for any run of characters, and quotes hold what has signs in it.
 */
export function parseDirectives(text: string): ParsedDirectives {
  const directives: Directive[] = [];
  const errors: DirectiveError[] = [];
  for (const { part, column } of partsOf(text)) {
    const result = directiveOf(part);
    if ("level" in result) directives.push(result);
    else errors.push({ column: column + result.at, message: result.expected });
  }
  return { directives, errors };
}

/** Parts between commas that are in no brackets, braces or quotes. */
function partsOf(text: string): { part: string; column: number }[] {
  const parts: { part: string; column: number }[] = [];
  let start = 0;
  let depth = 0;
  let isQuoted = false;
  const end = (index: number) => {
    const raw = text.slice(start, index);
    const part = raw.trim();
    if (part !== "") parts.push({ part, column: start + raw.indexOf(part) + 1 });
    start = index + 1;
  };
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === "[" || char === "{") depth++;
    else if (char === "]" || char === "}") depth--;
    else if (char === "," && depth <= 0) end(index);
  }
  end(text.length);
  return parts;
}

interface Wrong {
  readonly at: number;
  readonly expected: string;
}

function directiveOf(text: string): Directive | Wrong {
  const open = text.indexOf("[");
  const isPlain = open < 0;
  const close = isPlain ? -1 : text.lastIndexOf("]");
  if (!isPlain && close < open) return wrong(text.length, 'a "]"', "");
  const targetEnd = isPlain ? lastEquals(text, 0) : open;
  const target = text.slice(0, targetEnd).trim();
  const rest = isPlain ? text.slice(targetEnd) : text.slice(close + 1);
  const restAt = text.length - rest.length;
  if (isPlain && rest === "" && isLevel(target.toLowerCase())) {
    return { text, target: [], span: undefined, fields: [], level: target.toLowerCase() as Level };
  }
  // A word alone would be a target in Rust's EnvFilter; here it would hide a misspelt level.
  if (isPlain && rest === "") {
    return wrong(0, `a level (${LEVELS.join(", ")}) or target=level`, target);
  }
  if (target !== "" && !TARGET.test(target)) return wrong(0, "a target", target);
  if (target === "" && isPlain) return wrong(0, "a level or a target", text);
  const level = levelOf(rest, restAt);
  if (typeof level !== "string") return level;
  const scope = isPlain
    ? { span: undefined, fields: [] }
    : scopeOf(text.slice(open + 1, close), open + 1);
  if ("expected" in scope) return scope;
  return { text, target: segmentsOf(target), ...scope, level };
}

function lastEquals(text: string, from: number): number {
  const at = text.indexOf("=", from);
  return at < 0 ? text.length : at;
}

/** What comes behind the target: `=level`, or nothing for all levels. */
function levelOf(rest: string, at: number): Level | Wrong {
  if (rest.trim() === "") return "trace";
  if (!rest.startsWith("=")) return wrong(at, '"=" and a level', rest);
  const name = rest.slice(1).trim();
  const level = name.toLowerCase();
  return isLevel(level) ? level : wrong(at + 1, `a level (${LEVELS.join(", ")})`, name);
}

function scopeOf(text: string, at: number): Pick<Directive, "span" | "fields"> | Wrong {
  const open = text.indexOf("{");
  const name = (open < 0 ? text : text.slice(0, open)).trim();
  const span = name === "" ? undefined : unquoted(name);
  if (open < 0) {
    return span === undefined ? wrong(at, "the name of a span", text) : { span, fields: [] };
  }
  if (!text.trimEnd().endsWith("}")) return wrong(at + text.length, 'a "}"', "");
  const fields: [string, string | undefined][] = [];
  const inner = text.slice(open + 1, text.lastIndexOf("}"));
  for (const { part, column } of partsOf(inner)) {
    const equals = part.indexOf("=");
    const field = (equals < 0 ? part : part.slice(0, equals)).trim();
    if (!TARGET.test(field)) return wrong(at + open + column, "the name of a field", part);
    fields.push([field, equals < 0 ? undefined : unquoted(part.slice(equals + 1).trim())]);
  }
  return fields.length === 0
    ? wrong(at + open + 1, "a field: name or name=value", inner)
    : { span, fields };
}

function unquoted(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

function wrong(at: number, expected: string, given: string): Wrong {
  const shown = given === "" ? "the end" : JSON.stringify(given.slice(0, 40));
  return { at, expected: `expected ${expected}, found ${shown}` };
}

/** The segments of a target. */
export function segmentsOf(target: string): string[] {
  return target === "" ? [] : target.split(/::|[./]/);
}
