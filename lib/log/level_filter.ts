import { matchesGlob } from "../core/glob.ts";
import { type Level, SEVERITY } from "../core/level.ts";
import { type Directive, parseDirectives, segmentsOf } from "./directives.ts";

/** A span that lines are written in, with those around it in this process. */
export interface SpanScope {
  /** Its name. */
  readonly name: string;
  /** The value of one attribute. */
  attribute(key: string): unknown;
  /** The span around it. */
  readonly localParent?: SpanScope;
}

/** What the loggers of one target share: read at every call, changed by a reload alone. */
export interface Gate {
  /** Lines below this severity are written nowhere. */
  threshold: number;
  /** The threshold for a line in a span, where spans have to be looked at; else undefined. */
  scoped: ((span: SpanScope | undefined) => number) | undefined;
}

/** Which directive decided about a target. */
export interface LevelExplanation {
  /** The lowest level that is written. */
  readonly level: Level;
  /** The directive, as it was written; undefined when none fits and the default applies. */
  readonly directive: string | undefined;
}

/** What applies where no directive fits. */
const DEFAULT: Level = "info";

/** Decides by directives which lines are written; the most specific one that fits wins. */
export class LevelFilter {
  readonly #gates = new Map<string, Gate>();
  /** The most specific first. */
  #directives: readonly Directive[] = [];
  #isSilent: boolean;

  /** Silent: no sink takes lines, so that none is made. */
  constructor(isSilent: boolean) {
    this.#isSilent = isSilent;
  }

  /**
   * Puts other directives into place at once. What is not understood is left out, and returned for
   * people, with its column.
   */
  reload(text: string): string[] {
    const { directives, errors } = parseDirectives(text);
    this.#directives = directives.map((directive, index) => ({ directive, index }))
      .sort((a, b) => compare(b.directive, a.directive) || b.index - a.index)
      .map(({ directive }) => directive);
    for (const [target, gate] of this.#gates) Object.assign(gate, this.#gateOf(target));
    return errors.map(({ column, message }) => `log directives, column ${column}: ${message}`);
  }

  /** The gate of a target: the same object for the same target. */
  gate(target: string): Gate {
    let gate = this.#gates.get(target);
    if (gate === undefined) {
      gate = this.#gateOf(target);
      this.#gates.set(target, gate);
    }
    return gate;
  }

  /** Says which directive decides about a target, and about a line in a span. */
  explain(target: string, span?: SpanScope): LevelExplanation {
    const found = this.#fitting(target).find((one) => fitsSpan(one, span));
    return { level: found?.level ?? DEFAULT, directive: found?.text };
  }

  #fitting(target: string): Directive[] {
    const segments = segmentsOf(target);
    return this.#directives.filter((one) =>
      one.target.every((segment, index) => segment === segments[index])
    );
  }

  #gateOf(target: string): Gate {
    if (this.#isSilent) {
      return { threshold: SEVERITY.off, scoped: undefined };
    }
    const fitting = this.#fitting(target);
    const base = SEVERITY[fitting.find(isUnscoped)?.level ?? DEFAULT];
    const hasScoped = fitting.some((one) => !isUnscoped(one));
    const least = Math.min(base, ...fitting.filter((one) => !isUnscoped(one)).map(severityOf));
    if (!hasScoped) return { threshold: base, scoped: undefined };
    return {
      threshold: least,
      scoped: (span) => {
        const found = fitting.find((one) => fitsSpan(one, span));
        return found === undefined ? base : SEVERITY[found.level];
      },
    };
  }
}

function severityOf({ level }: Directive): number {
  return SEVERITY[level];
}

function isUnscoped({ span, fields }: Directive): boolean {
  return span === undefined && fields.length === 0;
}

/** By the segments of the target, then the span's name, then its fields. */
function compare(a: Directive, b: Directive): number {
  return a.target.length - b.target.length ||
    Number(a.span !== undefined) - Number(b.span !== undefined) ||
    a.fields.length - b.fields.length;
}

/** True when the span, or one around it, is what the directive names. */
function fitsSpan(directive: Directive, span: SpanScope | undefined): boolean {
  if (isUnscoped(directive)) return true;
  for (let one = span; one !== undefined; one = one.localParent) {
    if (directive.span !== undefined && !matchesGlob(directive.span, one.name)) continue;
    if (directive.fields.every((field) => fitsField(field, one))) return true;
  }
  return false;
}

function fitsField([name, pattern]: Directive["fields"][number], span: SpanScope): boolean {
  const value = span.attribute(name);
  if (value === undefined) return false;
  return pattern === undefined || matchesGlob(pattern, textOf(value));
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    // An object without, or with a throwing, toString.
    return "";
  }
}
