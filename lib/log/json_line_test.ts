import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createTelemetry, jsonLines } from "../../mod.ts";

const RESERVED = ["time", "level", "message", "service", "trace_id", "span_id", "transaction_id"];

/** The names at the top of a JSON object's text, as often as they stand there. */
function topNames(line: string): string[] {
  const names: string[] = [];
  let depth = 0;
  for (const match of line.matchAll(/"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\]]/g)) {
    if ("{[".includes(match[0])) depth++;
    else if ("}]".includes(match[0])) depth--;
    else if (depth === 1 && match[2] !== undefined) names.push(JSON.parse(`"${match[1]}"`));
  }
  return names;
}

function write(message: string, fields: unknown, bindings?: Record<string, unknown>): string[] {
  const lines: string[] = [];
  const { log } = createTelemetry({
    service: "orders",
    sinks: [jsonLines({ write: (line) => lines.push(line) })],
  });
  const logger = bindings === undefined ? log : log.child(bindings);
  logger.warn(message, fields as Record<string, unknown>);
  return lines;
}

const key = fc.oneof(
  fc.constantFrom(
    ...RESERVED,
    "fields.time",
    "fields.level",
    "__proto__",
    "constructor",
    "toJSON",
    "",
  ),
  fc.string({ unit: "binary" }),
);
const value = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
  }),
  fc.double(),
  fc.string({ unit: "binary" }),
);
const fields = fc.array(fc.tuple(key, value), { maxLength: 8 })
  .map((pairs) => Object.fromEntries(pairs));

Deno.test("every JSON line is one line, parses, has no name twice and our names are ours", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fields,
      fc.option(fields, { nil: undefined }),
      (message, own, bindings) => {
        const lines = write(message, own, bindings);
        assertEquals(lines.length, 1);
        assert(!/[\n\r]/.test(lines[0]));
        const parsed = JSON.parse(lines[0]);
        assertEquals([parsed.level, parsed.service], ["warn", "orders"]);
        assertEquals(parsed.message, JSON.parse(JSON.stringify(message)));
        assertEquals(
          ["trace_id", "span_id", "transaction_id"].filter((name) => Object.hasOwn(parsed, name)),
          [],
        );
        const names = topNames(lines[0]);
        assertEquals(new Set(names).size, names.length, lines[0]);
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("names learned from one line don't let another's forge", () => {
  for (const name of RESERVED) {
    const [safe] = write("a", { [`${name}x`]: 1 });
    const [forged] = write("a", { [name]: "forged" });
    assertEquals(JSON.parse(safe)[`${name}x`], 1);
    assertEquals(JSON.parse(forged)[`fields.${name}`], "forged");
    assert(JSON.parse(forged)[name] !== "forged");
  }
});

Deno.test("what throws is shown as unreadable, and its neighbours are there", () => {
  const getter = Object.defineProperty({ a: 1 }, "b", {
    enumerable: true,
    get() {
      throw new Error("no");
    },
  });
  assertEquals(JSON.parse(write("m", getter)[0]).b, "[unreadable]");
  assertEquals(JSON.parse(write("m", getter)[0]).a, 1);
  const proxy = new Proxy({}, {
    ownKeys() {
      throw new Error("no");
    },
  });
  assertEquals(JSON.parse(write("m", proxy)[0]).message, "m");
});
