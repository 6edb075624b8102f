/** A tracestate list as received, and its keys and values. */
export interface TraceStateCase {
  /** What it is a case of. */
  readonly name: string;
  /** The header as received. */
  readonly text: string;
  /** Its members in their order; undefined when the whole list is void. */
  readonly members: readonly (readonly [key: string, value: string])[] | undefined;
}

/** A list of members `k0=v` to `k{count - 1}=v`. */
export function listOf(count: number, value = "v"): string {
  return Array.from({ length: count }, (_, index) => `k${index}=${value}`).join(",");
}

const KEY_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789_-*/@";
const VALUE_CHARACTERS = Array.from(
  { length: 0x7f - 0x20 },
  (_, at) => String.fromCharCode(0x20 + at),
)
  .filter((one) => one !== "," && one !== "=").join("");

const valid = (
  name: string,
  text: string,
  ...members: [key: string, value: string][]
): TraceStateCase => ({ name, text, members });
const invalid = (name: string, text: string): TraceStateCase => ({
  name,
  text,
  members: undefined,
});

/** W3C Trace Context Level 2, 3.3; among them the cases of the W3C's own test harness. */
export const TRACESTATE_CASES: readonly TraceStateCase[] = [
  valid("empty", ""),
  valid("white space", " \t "),
  valid("empty members alone", ",, ,\t,"),
  valid("one", "foo=1", ["foo", "1"]),
  valid("two in their order", "foo=1,bar=2", ["foo", "1"], ["bar", "2"]),
  valid(
    "headers joined in their order",
    "foo=1,bar=2, rojo=1,congo=2, baz=3",
    ["foo", "1"],
    ["bar", "2"],
    ["rojo", "1"],
    ["congo", "2"],
    ["baz", "3"],
  ),
  valid("an empty header first", ", foo=1", ["foo", "1"]),
  valid("an empty header last", "foo=1, ", ["foo", "1"]),
  valid("empty members between", "foo=1,, \t,bar=2,", ["foo", "1"], ["bar", "2"]),
  valid("white space around", " foo=1 \t , \t bar=2, \t baz=3\t", ["foo", "1"], ["bar", "2"], [
    "baz",
    "3",
  ]),
  valid("leading spaces of a value are its own", "foo=  1 , bar= 2", ["foo", "  1"], ["bar", " 2"]),
  valid("spaces within a value", "foo=a b  c", ["foo", "a b  c"]),
  valid("every character", `${KEY_CHARACTERS}=${VALUE_CHARACTERS}`, [
    KEY_CHARACTERS,
    VALUE_CHARACTERS,
  ]),
  valid(
    "Level 2 keys",
    "foo@=1,1abc=2,foo@@bar=3,foo@bar@baz=4,0=5",
    ["foo@", "1"],
    ["1abc", "2"],
    [
      "foo@@bar",
      "3",
    ],
    ["foo@bar@baz", "4"],
    ["0", "5"],
  ),
  valid("a key of 256", `${"z".repeat(256)}=1`, ["z".repeat(256), "1"]),
  valid("a tenant longer than Level 1 allows", `${"t".repeat(242)}@v=1`, [
    `${"t".repeat(242)}@v`,
    "1",
  ]),
  valid("a value of 256", `foo=${"x".repeat(256)}`, ["foo", "x".repeat(256)]),
  valid("a key that objects have", "constructor=1,toString=2".toLowerCase(), ["constructor", "1"], [
    "tostring",
    "2",
  ]),
  {
    name: "32 members",
    text: listOf(32),
    members: Array.from({ length: 32 }, (_, index) => [`k${index}`, "v"] as const),
  },
  {
    name: "32 members and empty ones",
    text: `,,${listOf(32)},,`,
    members: Array.from({ length: 32 }, (_, index) => [`k${index}`, "v"] as const),
  },

  invalid("33 members", listOf(33)),
  invalid("a key twice", "foo=1,foo=1"),
  invalid("a key twice with another value", "foo=1,bar=2,foo=2"),
  invalid("a key twice in two headers", "foo=1, foo=2"),
  invalid("no equals", "foo"),
  invalid("no equals in one of several", "foo=1,bar,baz=3"),
  invalid("no key", "=1"),
  invalid("no value", "foo="),
  invalid("a value of white space", "foo= ,bar=3"),
  invalid("a space behind a key", "foo =1"),
  invalid("upper case in a key", "FOO=1"),
  invalid("a dot in a key", "foo.bar=1"),
  invalid("a key that begins with @", "@foo=1,bar=2"),
  invalid("a key that begins with _", "_foo=1"),
  invalid("__proto__", "__proto__=1"),
  invalid("a key of 257", `foo=1,${"z".repeat(257)}=1`),
  invalid("a value of 257", `foo=${"x".repeat(257)}`),
  invalid("equals in a value", "foo=bar=baz"),
  invalid("a tab in a value", "foo=a\tb"),
  invalid("DEL in a value", "foo=a\x7fb"),
  invalid("a line break in a value", "foo=a\nb"),
  invalid("NUL in a value", "foo=a\0b"),
  invalid("not ASCII in a value", "foo=\u00e9"),
  invalid("not ASCII in a key", "\u00e9=1"),
  invalid("not Latin-1", "foo=\u2713"),
  invalid("very long", `foo=${"x".repeat(100_000)}`),
  invalid("very many empty members", ",".repeat(100_000)),
  invalid("very much white space", `foo=a${" ".repeat(100_000)}b`),
];
