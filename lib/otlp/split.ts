import type { RequestPart } from "../pipeline/encoder.ts";

interface Group {
  /** The fields of the scope's entry that are no records, as they are on the wire. */
  readonly head: Uint8Array;
  readonly records: Uint8Array[];
}

/** The tag of field `number` with a length: all that a request's frame is made of. */
const RESOURCE_ENTRY = 0x0a;
const SCOPE_ENTRY = 0x12;
const RECORD = 0x12;

/**
 * Halves a protobuf request of one resource, as ours are, by its records (opentelemetry-proto,
 * `collector/{trace,logs,metrics}/v1`), for a side that says a request is too large. Nothing when there
 * is nothing to halve.
 */
export function halves(body: Uint8Array<ArrayBuffer>): readonly RequestPart[] {
  const [[, entry]] = [...fieldsOf(body)];
  let resource: Uint8Array = new Uint8Array();
  const groups: Group[] = [];
  for (const [tag, content, whole] of fieldsOf(entry)) {
    if (tag !== SCOPE_ENTRY) {
      resource = joined([resource, whole]);
      continue;
    }
    const fields = [...fieldsOf(content)];
    groups.push({
      head: joined(fields.filter(([inner]) => inner !== RECORD).map(([, , field]) => field)),
      records: fields.filter(([inner]) => inner === RECORD).map(([, , field]) => field),
    });
  }
  return halvesOf(groups).map((half) => ({
    body: field(
      RESOURCE_ENTRY,
      joined([
        resource,
        ...half.map(({ head, records }) => field(SCOPE_ENTRY, joined([head, ...records]))),
      ]),
    ),
    count: countOf(half),
  }));
}

/** Halves a JSON request of one resource, as ours are, by its records. */
export function splitJson(body: Uint8Array<ArrayBuffer>): readonly RequestPart[] {
  const request = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown[]>;
  const [resources] = Object.keys(request);
  const [entry] = request[resources] as Record<string, unknown>[];
  const scopes = Object.keys(entry).find((key) => key !== "resource")!;
  const groups = (entry[scopes] as Record<string, unknown>[]).map((scope) => {
    const name = Object.keys(scope).find((key) => Array.isArray(scope[key]))!;
    return { scope, name, records: scope[name] as unknown[] };
  });
  return halvesOf(groups).map((half) => {
    const text = JSON.stringify({
      [resources]: [{
        ...entry,
        [scopes]: half.map(({ scope, name, records }) => ({ ...scope, [name]: records })),
      }],
    });
    return { body: new TextEncoder().encode(text), count: countOf(half) };
  });
}

function countOf(groups: readonly { records: readonly unknown[] }[]): number {
  return groups.reduce((sum, { records }) => sum + records.length, 0);
}

/** The first and the second half of all records, each under its own scopes. */
function halvesOf<G extends { records: readonly unknown[] }>(groups: readonly G[]): G[][] {
  const count = countOf(groups);
  if (count < 2) return [];
  const first: G[] = [];
  const second: G[] = [];
  let before = 0;
  for (const group of groups) {
    const own = Math.max(0, Math.min(group.records.length, Math.ceil(count / 2) - before));
    before += group.records.length;
    if (own > 0) first.push({ ...group, records: group.records.slice(0, own) });
    if (own < group.records.length) second.push({ ...group, records: group.records.slice(own) });
  }
  return [first, second];
}

/** The length-delimited fields of a message: tag, content, and both as they are on the wire. */
function* fieldsOf(bytes: Uint8Array): Generator<[number, Uint8Array, Uint8Array]> {
  let position = 0;
  while (position < bytes.length) {
    const start = position;
    const tag = bytes[position++];
    let length = 0;
    for (let shift = 1;; shift *= 128) {
      const byte = bytes[position++];
      length += (byte & 127) * shift;
      if (byte < 128) break;
    }
    const end = position + length;
    yield [tag, bytes.subarray(position, end), bytes.subarray(start, end)];
    position = end;
  }
}

function field(tag: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = [tag];
  let length = content.length;
  for (; length > 127; length = Math.floor(length / 128)) head.push(length % 128 + 128);
  head.push(length);
  return joined([Uint8Array.from(head), content]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
