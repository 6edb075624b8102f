/** A baggage header as received, and what is read of it. */
export interface BaggageCase {
  /** What it is a case of. */
  readonly name: string;
  /** The header as received. */
  readonly text: string;
  /** Names, values and properties in their order. */
  readonly entries: readonly (readonly [name: string, value: string, metadata?: string])[];
  /** How many members were left out. */
  readonly dropped?: number;
}

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => `k${index}=v`).join(",");
const manyEntries = (count: number) =>
  Array.from({ length: count }, (_, index) => [`k${index}`, "v"] as const);

/** W3C Baggage, 3.2 and 3.3; among them the cases of the W3C's own tests. */
export const BAGGAGE_CASES: readonly BaggageCase[] = [
  { name: "empty", text: "", entries: [] },
  { name: "white space and commas", text: " ,\t, ,", entries: [] },
  { name: "one", text: "SomeKey=SomeValue", entries: [["SomeKey", "SomeValue"]] },
  {
    name: "properties",
    text: "SomeKey=SomeValue;SomeProp,SomeKey2=SomeValue2;ValueProp=PropVal",
    entries: [["SomeKey", "SomeValue", "SomeProp"], [
      "SomeKey2",
      "SomeValue2",
      "ValueProp=PropVal",
    ]],
  },
  {
    name: "white space around everything",
    text: "SomeKey \t = \t SomeValue \t ; \t SomeProp \t , \t SomeKey2 \t = \t SomeValue2 \t ",
    entries: [["SomeKey", "SomeValue", "SomeProp"], ["SomeKey2", "SomeValue2"]],
  },
  {
    name: "several properties as they came",
    text: "k=v;p1;p2=x ; p3 = y=z",
    entries: [["k", "v", "p1;p2=x ; p3 = y=z"]],
  },
  { name: "headers joined", text: "a=1, b=2,c=3", entries: [["a", "1"], ["b", "2"], ["c", "3"]] },
  { name: "equals in a value", text: "k=v=w==", entries: [["k", "v=w=="]] },
  { name: "no value", text: "k=", entries: [["k", ""]] },
  { name: "no value with properties", text: "k=;p", entries: [["k", "", "p"]] },
  {
    name: "percent-encoded",
    text: "k=%09%20%22%27%3B%3Dasdf%21%40%23%24%25%5E%26%2A%28%29",
    entries: [["k", "\t \"';=asdf!@#$%^&*()"]],
  },
  { name: "lower-case percent-encoded", text: "k=%e2%9c%93", entries: [["k", "\u2713"]] },
  { name: "percent-encoded line breaks", text: "k=a%0D%0Ab%00", entries: [["k", "a\r\nb\0"]] },
  { name: "plus is a plus", text: "k=a+b", entries: [["k", "a+b"]] },
  {
    name: "bytes that are not UTF-8 become U+FFFD",
    text: "a=x%FFy,b=%C3%28,c=%E2%9C",
    entries: [["a", "x\ufffdy"], ["b", "\ufffd("], ["c", "\ufffd"]],
  },
  {
    name: "an encoded byte order mark stays",
    text: "k=%EF%BB%BFx%FF",
    entries: [["k", "\ufeffx\ufffd"]],
  },
  { name: "names are not decoded", text: "a%20b=1", entries: [["a%20b", "1"]] },
  {
    name: "every character of a name",
    text: "!#$%&'*+-.^_`|~09azAZ=1",
    entries: [["!#$%&'*+-.^_`|~09azAZ", "1"]],
  },
  {
    name: "names that objects have",
    text: "__proto__=1,constructor=2,toString=3,hasOwnProperty=4",
    entries: [["__proto__", "1"], ["constructor", "2"], ["toString", "3"], ["hasOwnProperty", "4"]],
  },
  {
    name: "the later of two counts",
    text: "a=1,b=2,a=3;p",
    entries: [["a", "3", "p"], ["b", "2"]],
  },
  { name: "case matters in names", text: "a=1,A=2", entries: [["a", "1"], ["A", "2"]] },

  {
    name: "a stray percent",
    text: "a=1,b=100%,c=3",
    entries: [["a", "1"], ["c", "3"]],
    dropped: 1,
  },
  { name: "a broken percent", text: "a=%zz,b=%4,c=%,d=4", entries: [["d", "4"]], dropped: 3 },
  { name: "no equals", text: "a,b=2", entries: [["b", "2"]], dropped: 1 },
  { name: "equals in a property alone", text: "a;p=1,b=2", entries: [["b", "2"]], dropped: 1 },
  { name: "no name", text: "=1, =2,b=3", entries: [["b", "3"]], dropped: 2 },
  { name: "a space in a name", text: "a b=1,b=2", entries: [["b", "2"]], dropped: 1 },
  { name: "a name not of ASCII", text: "\u00e9=1,b=2", entries: [["b", "2"]], dropped: 1 },
  { name: "a value with a space", text: "a=x y,b=2", entries: [["b", "2"]], dropped: 1 },
  { name: "a value with a quote", text: 'a="x",b=2', entries: [["b", "2"]], dropped: 1 },
  { name: "a value with a backslash", text: "a=\\,b=2", entries: [["b", "2"]], dropped: 1 },
  {
    name: "a value not of ASCII",
    text: "a=\u00e9,b=\u2713,c=3",
    entries: [["c", "3"]],
    dropped: 2,
  },
  { name: "a line break", text: "a=1\r\nx: y,b=2", entries: [["b", "2"]], dropped: 1 },
  { name: "a line break at an end", text: "a=1\n,b=2", entries: [["b", "2"]], dropped: 1 },
  { name: "NUL", text: "a=1\0,b=2", entries: [["b", "2"]], dropped: 1 },
  { name: "a line break in a property", text: "a=1;p\nq,b=2", entries: [["b", "2"]], dropped: 1 },

  { name: "64 entries", text: many(64), entries: manyEntries(64) },
  { name: "more than 64", text: many(100), entries: manyEntries(64), dropped: 36 },
  {
    name: "8192 bytes",
    text: `a=1,b=${"x".repeat(8186)}`,
    entries: [["a", "1"], ["b", "x".repeat(8186)]],
  },
  {
    name: "a byte more",
    text: `a=1,b=${"x".repeat(8187)}`,
    entries: [["a", "1"]],
    dropped: 1,
  },
  {
    name: "what begins behind 8192 bytes",
    text: `a=1,b=${"x".repeat(9000)},c=3,d=4`,
    entries: [["a", "1"]],
    dropped: 3,
  },
  { name: "very many empty members", text: ",".repeat(100_000), entries: [] },
  { name: "very much white space", text: `a=1${" ".repeat(100_000)}`, entries: [], dropped: 1 },
];
