import type { Attributes } from "../core/attributes.ts";
import { errorType } from "../core/value.ts";

/** How many causes of causes are written. */
const MAX_CAUSES = 8;

/**
 * The attributes of an exception event (semantic conventions, "Exceptions"): `exception.type`,
 * `exception.message` and `exception.stacktrace`, the causes below it in the stack's text. Never
 * throws, whatever was thrown.
 */
export function exceptionAttributes(thrown: unknown): Attributes {
  try {
    if (!(thrown instanceof Error)) {
      return { "exception.type": errorType(thrown), "exception.message": textOf(thrown) };
    }
    return {
      "exception.type": errorType(thrown),
      "exception.message": String(thrown.message),
      "exception.stacktrace": stackOf(thrown),
    };
  } catch {
    return { "exception.type": "unknown", "exception.message": "[error that can't be read]" };
  }
}

/** The message of what was thrown, for a span's status. Never throws. */
export function exceptionMessage(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : textOf(thrown);
  } catch {
    return "[error that can't be read]";
  }
}

function textOf(thrown: unknown): string {
  if (typeof thrown === "object" && thrown !== null && "message" in thrown) {
    return String(thrown.message);
  }
  return String(thrown);
}

function stackOf(error: Error): string {
  let text = typeof error.stack === "string" ? error.stack : `${error.name}: ${error.message}`;
  let cause: unknown = error.cause;
  for (let depth = 0; cause !== undefined && depth < MAX_CAUSES; depth++) {
    text += `\nCaused by: ${
      cause instanceof Error && typeof cause.stack === "string" ? cause.stack : textOf(cause)
    }`;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return text;
}
