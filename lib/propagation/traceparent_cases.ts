/** A traceparent, and what of it is sent on. */
export interface TraceparentCase {
  /** What it is a case of. */
  readonly name: string;
  /** The header as received. */
  readonly text: string;
  /** The same context as version 00; undefined when it is invalid and a new trace begins. */
  readonly sent: string | undefined;
}

const TRACE = "12345678901234567890123456789012";
const SPAN = "1234567890123456";
const IDS = `${TRACE}-${SPAN}`;

const valid = (name: string, text: string, sent = `00-${IDS}-01`): TraceparentCase => ({
  name,
  text,
  sent,
});
const unchanged = (name: string, text: string): TraceparentCase => valid(name, text, text);
const invalid = (name: string, text: string): TraceparentCase => ({ name, text, sent: undefined });

/** W3C Trace Context Level 2, 3.2; among them the cases of the W3C's own test harness. */
export const TRACEPARENT_CASES: readonly TraceparentCase[] = [
  valid("sampled", `00-${IDS}-01`),
  unchanged("not sampled stays so", `00-${IDS}-00`),
  unchanged("random and not sampled", `00-${IDS}-02`),
  unchanged("sampled and random stays so", `00-${IDS}-03`),
  valid("reserved flags are sent as zero", `00-${IDS}-ff`, `00-${IDS}-03`),
  valid("a bit is tested, not the byte", `00-${IDS}-09`, `00-${IDS}-01`),
  valid("reserved flags alone", `00-${IDS}-fc`, `00-${IDS}-00`),
  unchanged("ids of letters", "00-abcdefabcdefabcdefabcdefabcdefab-fedcbafedcbafedc-01"),
  unchanged("ids of f", `00-${"f".repeat(32)}-${"f".repeat(16)}-01`),
  unchanged("the least ids", `00-${"1".padStart(32, "0")}-${"1".padStart(16, "0")}-01`),
  unchanged("ids with zeros behind", `00-${"1".padEnd(32, "0")}-${"8".padEnd(16, "0")}-01`),
  valid("a space before it", ` 00-${IDS}-01`),
  valid("a tab before it", `\t00-${IDS}-01`),
  valid("a space behind it", `00-${IDS}-01 `),
  valid("a tab behind it", `00-${IDS}-01\t`),
  valid("white space around it", `\t 00-${IDS}-01 \t`),
  valid("a higher version", `cc-${IDS}-01`),
  valid("the highest version", `fe-${IDS}-01`),
  valid("version 01", `01-${IDS}-03`, `00-${IDS}-03`),
  valid("a higher version with more", `cc-${IDS}-01-what-the-future-will-be-like`),
  valid("a higher version with an empty field", `cc-${IDS}-01-`),
  valid("a higher version with more, white space around it", ` cc-${IDS}-01-x\t`),

  invalid("empty", ""),
  invalid("white space", " \t "),
  invalid("white space of the length of one", " ".repeat(55)),
  invalid("several headers joined", `00-${IDS}-01, 00-${IDS}-01`),
  invalid("several headers joined without a space", `00-${IDS}-01,00-${IDS}-01`),
  invalid("several of a higher version joined", `cc-${IDS}-01, cc-${IDS}-01`),
  invalid("version 00 with a character more", `00-${IDS}-01.`),
  invalid("version 00 with a field more", `00-${IDS}-01-what-the-future-will-be-like`),
  invalid("version 00 with an empty field more", `00-${IDS}-01-`),
  invalid("a higher version with more but no dash", `cc-${IDS}-01.what`),
  invalid("version ff", `ff-${IDS}-01`),
  invalid("version ff with more", `ff-${IDS}-01-more`),
  invalid("version with a dot", `.0-${IDS}-01`),
  invalid("version with a dot at its end", `0.-${IDS}-01`),
  invalid("upper-case version", `CC-${IDS}-01`),
  invalid("version too long", `000-${IDS}-01`),
  invalid("version much too long", `0000-${IDS}-01`),
  invalid("version too short", `0-${IDS}-01`),
  invalid("trace id of zeros", `00-${"0".repeat(32)}-${SPAN}-01`),
  invalid("trace id with a dot", `00-.2345678901234567890123456789012-${SPAN}-01`),
  invalid("trace id with a dot at its end", `00-1234567890123456789012345678901.-${SPAN}-01`),
  invalid("trace id too long", `00-${TRACE}3-${SPAN}-01`),
  invalid("trace id too short", `00-${TRACE.slice(1)}-${SPAN}-01`),
  invalid("upper-case trace id", `00-ABCDEF78901234567890123456789012-${SPAN}-01`),
  invalid("span id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`),
  invalid("span id with a dot", `00-${TRACE}-.234567890123456-01`),
  invalid("span id with a dot at its end", `00-${TRACE}-123456789012345.-01`),
  invalid("span id too long", `00-${TRACE}-${SPAN}7-01`),
  invalid("span id too short", `00-${TRACE}-${SPAN.slice(1)}-01`),
  invalid("upper-case span id", `00-${TRACE}-123456789012345A-01`),
  invalid("flags with a dot", `00-${IDS}-.0`),
  invalid("flags with a dot at their end", `00-${IDS}-0.`),
  invalid("upper-case flags", `00-${IDS}-0A`),
  invalid("flags too long", `00-${IDS}-001`),
  invalid("flags too short", `00-${IDS}-1`),
  invalid("malformed flags of a peer", `00-${IDS}-0ff`),
  invalid("underscores for dashes", `00_${TRACE}_${SPAN}_01`),
  invalid("a dash within the trace id", `00-1234567890123456-8901234567890123-${SPAN}-01`),
  invalid("a character that hex digits end in when cut to a byte", `00-${TRACE}-${SPAN}-0\u0131`),
  invalid("full-width digits", `00-${"\uff11".repeat(32)}-${SPAN}-01`),
  invalid("NUL", `00-${TRACE.slice(1)}\0-${SPAN}-01`),
  invalid("no-break space around it", `\u00a000-${IDS}-01`),
  invalid("a line break behind it", `00-${IDS}-01\n`),
  invalid("very long", `cc-${IDS}-01${"x".repeat(100_000)}`),
];
