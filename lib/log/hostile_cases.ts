/** Values that loggers are known to fall over, and what each is mapped to. */
export interface HostileCase {
  readonly name: string;
  readonly make: () => unknown;
  /** What JSON shows of it; undefined: the field is left out. */
  readonly json: unknown;
  /** In how many places it is cut. */
  readonly cuts?: number;
}

function throwing(): never {
  throw new Error("no");
}

/** A Proxy each of whose traps throws. */
export function hostileProxy(target: object = {}): object {
  const traps = [
    "get",
    "has",
    "ownKeys",
    "getPrototypeOf",
    "getOwnPropertyDescriptor",
    "isExtensible",
    "set",
  ];
  return new Proxy(target, Object.fromEntries(traps.map((name) => [name, throwing])));
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}

function circular(): unknown {
  const one: Record<string, unknown> = { ok: 1 };
  one.self = one;
  return one;
}

function deep(): unknown {
  let value: unknown = "end";
  for (let depth = 0; depth < 20_000; depth++) value = { deep: value };
  return value;
}

function nested(levels: number, end: unknown): unknown {
  return levels === 0 ? end : { deep: nested(levels - 1, end) };
}

const getter = {
  before: 1,
  get bad(): never {
    return throwing();
  },
  after: 2,
};

/** The table of `plainValue`, by example. */
export const HOSTILE_CASES: readonly HostileCase[] = [
  { name: "undefined", make: () => undefined, json: undefined },
  { name: "null", make: () => null, json: null },
  { name: "bigint", make: () => 9007199254740993n, json: "9007199254740993" },
  { name: "bigint of 80 bits", make: () => 2n ** 80n, json: "1208925819614629174706176" },
  { name: "symbol", make: () => Symbol("s"), json: "Symbol(s)" },
  { name: "function", make: () => throwing, json: "[function throwing]" },
  { name: "NaN", make: () => Number.NaN, json: "NaN" },
  { name: "Infinity", make: () => Number.POSITIVE_INFINITY, json: "Infinity" },
  { name: "-Infinity", make: () => Number.NEGATIVE_INFINITY, json: "-Infinity" },
  { name: "-0", make: () => -0, json: 0 },
  { name: "lone surrogate", make: () => "a\ud800b", json: "a\ufffdb" },
  { name: "lone surrogate in a name", make: () => ({ "\udc00": 1 }), json: { "\ufffd": 1 } },
  { name: "date", make: () => new Date(0), json: "1970-01-01T00:00:00.000Z" },
  { name: "invalid date", make: () => new Date(Number.NaN), json: "[invalid date]" },
  { name: "map", make: () => new Map<unknown, unknown>([[1, { a: 1 }]]), json: { 1: { a: 1 } } },
  {
    name: "map with a hostile key",
    make: () => new Map([[Object.create(null), 1]]),
    json: { "[unreadable]": 1 },
  },
  { name: "set", make: () => new Set([1, "b"]), json: [1, "b"] },
  { name: "typed array", make: () => new Uint8Array([1, 2, 3]), json: "AQID" },
  { name: "array buffer", make: () => new Uint8Array([255]).buffer, json: "/w==" },
  { name: "hole in an array", make: () => [1, , 3], json: [1, null, 3] },
  { name: "url", make: () => new URL("https://a.example/b"), json: "https://a.example/b" },
  { name: "regexp", make: () => /a/g, json: "/a/g" },
  { name: "circular", make: circular, json: { ok: 1, self: "[circular]" } },
  { name: "20,000 deep", make: deep, json: nested(16, "[too deep]"), cuts: 1 },
  {
    name: "throwing getter",
    make: () => getter,
    json: { before: 1, bad: "[unreadable]", after: 2 },
  },
  { name: "hostile proxy", make: () => hostileProxy(), json: "[unreadable]" },
  { name: "revoked proxy", make: revoked, json: "[unreadable]" },
  { name: "throwing toJSON", make: () => ({ toJSON: throwing }), json: "[unreadable]" },
  { name: "toJSON", make: () => ({ toJSON: () => ({ a: 1 }) }), json: { a: 1 } },
  {
    name: "__proto__",
    make: () => JSON.parse('{"__proto__":{"a":1}}'),
    json: JSON.parse('{"__proto__":{"a":1}}'),
  },
  {
    name: "no prototype",
    make: () => Object.assign(Object.create(null), { a: 1 }),
    json: { a: 1 },
  },
  {
    name: "megabyte of text",
    make: () => "x".repeat(1_000_000),
    json: `${"x".repeat(65_536)}… (1000000 characters)`,
    cuts: 1,
  },
  {
    name: "10,000 values",
    make: () => Array.from({ length: 10_000 }, () => 1),
    json: [...Array.from({ length: 4095 }, () => 1), "[truncated]"],
    cuts: 1,
  },
];
