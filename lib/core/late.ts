/**
 * What is set on spans after their end, for a follow-up line: it is no part of them any more. A
 * WeakMap, since spans have no place to spare for what is a mistake nearly always.
 */
const late = new WeakMap<object, Record<string, unknown>>();

/** Keeps an attribute that came too late, of so many at most. */
export function keepLate(span: object, name: string, value: unknown, most: number): void {
  let attributes = late.get(span);
  if (attributes === undefined) late.set(span, attributes = Object.create(null));
  if (name in attributes! || Object.keys(attributes!).length < most) attributes![name] = value;
}

/** What came too late for a span, or undefined. */
export function lateAttributesOf(span: object): Readonly<Record<string, unknown>> | undefined {
  return late.get(span);
}
