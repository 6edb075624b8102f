import type { Attributes } from "../core/attributes.ts";
import { matchesGlob } from "../core/glob.ts";
import { reasonOf, withReason } from "./explain.ts";
import { checkSampler, type Sampler, type SamplingRequest } from "./sampler.ts";

/** The span kinds by name. */
const KINDS = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 } as const;

/** Which traces, and what samples them. Texts are patterns: `*` stands for any run of characters. */
export interface SamplingRule {
  /** The name the span starts with: `GET /health`. */
  readonly name?: string;
  /** Its `http.route`, or its `url.path` while the route is not known. */
  readonly route?: string;
  /** Its kind. */
  readonly kind?: "internal" | "server" | "client" | "producer" | "consumer";
  /** The scope that starts it: a module, a library. */
  readonly target?: string;
  /** Attributes it starts with: text is a pattern, other values must be the same. */
  readonly attributes?: Attributes;
  /** What decides about these traces. */
  readonly sampler: Sampler;
}

const NAMES = ["name", "route", "kind", "target", "attributes", "sampler"];

/**
 * Samples by the first rule that fits, or by `otherwise`.
 *
 * @throws {TypeError} When a rule names something unknown or has no sampler.
 * @throws {RangeError} When a kind is unknown.
 */
export function rules(list: readonly SamplingRule[], otherwise: Sampler): Sampler {
  if (!Array.isArray(list)) throw new TypeError("rules(): list is no list of rules");
  list.forEach(checkRule);
  checkSampler("rules(): otherwise", otherwise);
  return withReason(
    (request) => (list.find((rule) => fits(rule, request))?.sampler ?? otherwise)(request),
    (request) => {
      const index = list.findIndex((rule) => fits(rule, request));
      const sampler = index < 0 ? otherwise : list[index].sampler;
      const { decision, because } = reasonOf(sampler, request);
      return {
        decision,
        because: [
          index < 0 ? "no rule fits" : `rule ${index + 1} fits: ${textOf(list[index])}`,
          ...because,
        ],
      };
    },
  );
}

function checkRule(rule: SamplingRule, index: number): void {
  const where = `rules(): rule ${index + 1}`;
  if (typeof rule !== "object" || rule === null) throw new TypeError(`${where} is ${typeof rule}`);
  const unknown = Object.keys(rule).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`${where} has ${unknown}, allowed are ${NAMES.join(", ")}`);
  }
  checkSampler(`${where}: sampler`, rule.sampler);
  if (rule.kind !== undefined && !Object.hasOwn(KINDS, rule.kind)) {
    throw new RangeError(
      `${where}: kind is ${rule.kind}, allowed are ${Object.keys(KINDS).join(", ")}`,
    );
  }
}

function fits(rule: SamplingRule, request: SamplingRequest): boolean {
  if (rule.kind !== undefined && KINDS[rule.kind] !== request.kind) return false;
  if (rule.name !== undefined && !matchesGlob(rule.name, request.name)) return false;
  if (rule.target !== undefined && !matchesGlob(rule.target, request.target ?? "")) return false;
  if (rule.route === undefined && rule.attributes === undefined) return true;
  // Read once: they are made for the question where nobody else wants them.
  const given = request.attributes ?? {};
  if (rule.route !== undefined) {
    const route = given["http.route"] ?? given["url.path"];
    if (typeof route !== "string" || !matchesGlob(rule.route, route)) return false;
  }
  return Object.entries(rule.attributes ?? {}).every(([key, wanted]) => {
    const value = given[key];
    return typeof wanted === "string" && typeof value === "string"
      ? matchesGlob(wanted, value)
      : Object.is(value, wanted);
  });
}

function textOf({ sampler: _sampler, ...rest }: SamplingRule): string {
  return JSON.stringify(rest);
}
