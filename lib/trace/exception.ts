import type { Attributes } from "../core/attributes.ts";
import { errorType } from "../core/value.ts";

/** How many causes of causes are written. */
const MAX_CAUSES = 8;

/**
 * The attributes of an exception event (semantic conventions, "Exceptions"): `exception.type`,
 * `exception.message` and `exception.stacktrace`, the causes below it in the stack's text. Never
 * throws, whatever was thrown.
 */
export function exceptionAttributes(
  thrown: unknown,
): Attributes & { readonly "exception.message": string } {
  const type = { "exception.type": errorType(thrown) };
  try {
    const all = { ...type, "exception.message": messageOf(thrown) };
    return thrown instanceof Error ? { ...all, "exception.stacktrace": stackOf(thrown) } : all;
  } catch {
    return { ...type, "exception.message": "[error that can't be read]" };
  }
}

function messageOf(thrown: unknown): string {
  return String((thrown as { message?: unknown } | undefined)?.message ?? thrown);
}

function stackOf(thrown: Error): string {
  const texts: string[] = [];
  for (
    let cause: unknown = thrown;
    cause !== undefined && texts.length <= MAX_CAUSES;
    cause = (cause as Partial<Error> | null)?.cause
  ) {
    texts.push(cause instanceof Error ? String(cause.stack ?? cause) : messageOf(cause));
  }
  return texts.join("\nCaused by: ");
}
