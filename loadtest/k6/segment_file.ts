import { decodeFromCompressedBase64, type Histogram } from "hdr-histogram-js";
import { z } from "zod";
import { type Span, spanOf } from "./fraction.ts";

/** A file that holds no segments, or broken ones; the message names it and the line. */
export class SegmentFileError extends Error {}

const count = z.int().min(0);

const headSchema = z.strictObject({
  sextant: z.literal("segment"),
  version: z.literal(1),
  segment: z.string(),
  sequence: z.string(),
  seed: z.int(),
  ratePerS: z.number(),
  arms: z.array(z.string()).nullable().transform((arms) => arms ?? []),
  weights: z.array(z.number()).nullable().transform((weights) => weights ?? []),
  thresholds: z.record(z.string(), z.array(z.string())),
});

const seriesSchema = z.strictObject({
  sextant: z.literal("series"),
  segment: z.string(),
  kind: z.enum(["request", "journey", "late", "mark", "other"]),
  arm: z.string(),
  step: z.string(),
  count,
  failed: count,
  clamped: count,
  histogram: z.string(),
});

const endSchema = z.strictObject({
  sextant: z.literal("end"),
  segment: z.string(),
  series: count,
  iterations: count,
  dropped: count,
  seconds: z.number(),
  isComplete: z.boolean(),
  error: z.string(),
});

const lineSchema = z.discriminatedUnion("sextant", [headSchema, seriesSchema, endSchema]);

/** What a process has measured of an arm and a step. */
export interface Series extends Omit<z.infer<typeof seriesSchema>, "sextant" | "histogram"> {
  /** Microseconds. */
  readonly histogram: Histogram;
}

/** What one process has left. */
export interface Segment {
  readonly file: string;
  readonly span: Span;
  readonly head: z.infer<typeof headSchema>;
  readonly series: readonly Series[];
  /** Undefined when it was cut off. */
  readonly end: z.infer<typeof endSchema> | undefined;
  /** Why it is not whole; undefined when it is. */
  readonly flaw: string | undefined;
}

/** What our lines begin with; a log may put something before it. */
const MARK = '{"sextant":';

/** A segment that is being read. */
interface Reading {
  head: z.infer<typeof headSchema>;
  series: Series[];
  end: z.infer<typeof endSchema> | undefined;
}

/**
 * Reads the segments of a file: one that `--out sextant=FILE` has written, or logs of processes
 * with `--out sextant=-`, one after another.
 *
 * @throws {SegmentFileError} Naming the file and the line, when it holds none or a line is broken.
 */
export function segmentsOf(file: string, text: string): Segment[] {
  const found: Reading[] = [];
  const lines = text.split("\n");
  let cut: string | undefined;
  for (const [index, line] of lines.entries()) {
    const at = line.indexOf(MARK);
    if (at < 0) continue;
    const parsed = parseLine(line.slice(at));
    if (typeof parsed === "string") {
      // The last line of a file that was cut: what is before it can be read.
      if (index === lines.length - 1) cut = `line ${index + 1} is cut off`;
      else throw new SegmentFileError(`${file}: line ${index + 1}: ${parsed}`);
    } else take(found, parsed, `${file}: line ${index + 1}`);
  }
  if (found.length === 0) {
    throw new SegmentFileError(
      `${file} holds no segment: it is not what --out sextant=FILE writes` +
        (cut === undefined ? "" : `, or was cut in its first line`),
    );
  }
  return found.map(({ head, series, end }, index) => ({
    file,
    head,
    series,
    end,
    span: spanAt(file, head.segment),
    flaw: flawOf(series, end, index === found.length - 1 ? cut : undefined),
  }));
}

function spanAt(file: string, segment: string): Span {
  try {
    return spanOf(segment);
  } catch (error) {
    throw new SegmentFileError(`${file}: ${(error as Error).message}`);
  }
}

function flawOf(
  series: readonly Series[],
  end: Reading["end"],
  cut: string | undefined,
): string | undefined {
  if (end === undefined) return `truncated: ${cut ?? "its end is missing"}`;
  if (end.series !== series.length) {
    return `truncated: ${series.length} of ${end.series} histograms are there`;
  }
  if (end.isComplete) return undefined;
  return `ended early: ${end.error === "" ? "the process died while it ran" : end.error}`;
}

function parseLine(line: string): z.infer<typeof lineSchema> | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return (error as Error).message;
  }
  const result = lineSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  return `${issue.path.join(".")}: ${issue.message}`;
}

/** Puts a line to the segment that it belongs to. */
function take(found: Reading[], line: z.infer<typeof lineSchema>, place: string): void {
  if (line.sextant === "segment") {
    found.push({ head: line, series: [], end: undefined });
    return;
  }
  const own = found.findLast(({ head, end }) => head.segment === line.segment && end === undefined);
  if (own === undefined) {
    throw new SegmentFileError(
      `${place}: it belongs to segment ${line.segment}, whose head is not`,
    );
  }
  if (line.sextant === "end") {
    own.end = line;
    return;
  }
  const { sextant: _, histogram: encoded, ...rest } = line;
  own.series.push({ ...rest, histogram: decoded(encoded, line, place) });
}

function decoded(text: string, line: z.infer<typeof seriesSchema>, place: string): Histogram {
  let histogram: Histogram;
  try {
    // Counts of 64 bits: those of 32 would overflow in a bucket of many machines.
    histogram = decodeFromCompressedBase64(text, 64);
  } catch (error) {
    throw new SegmentFileError(
      `${place}: the histogram of arm ${JSON.stringify(line.arm)}, step ` +
        `${JSON.stringify(line.step)} can't be read: ${(error as Error).message ?? error}`,
    );
  }
  if (histogram.totalCount !== line.count) {
    throw new SegmentFileError(
      `${place}: the histogram of arm ${JSON.stringify(line.arm)}, step ` +
        `${JSON.stringify(line.step)} holds ${histogram.totalCount} values, not ${line.count}`,
    );
  }
  return histogram;
}
