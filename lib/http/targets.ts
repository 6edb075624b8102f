import { matchesGlob } from "../core/glob.ts";
import { urlOf } from "./client.ts";

/** Origins, with `*` for any run of characters in them; or a function that is asked. */
export type PropagateTo = readonly string[] | ((url: URL) => boolean);

/**
 * Makes what says whether a request is sent propagation headers. A function of the user's that
 * throws says no.
 *
 * @throws {TypeError} When what is given is neither, or an entry of a list is no origin.
 */
export function targetsOf(
  propagateTo: PropagateTo | undefined,
): (input: RequestInfo | URL) => boolean {
  if (propagateTo === undefined) return () => true;
  if (typeof propagateTo === "function") {
    return (input) => {
      try {
        return propagateTo(urlOf(input));
      } catch {
        return false;
      }
    };
  }
  if (!Array.isArray(propagateTo)) {
    fail(`is ${typeof propagateTo}, allowed is a list of origins or a function`);
  }
  propagateTo.forEach((pattern, index) => {
    if (!isOrigin(pattern)) {
      fail(
        `[${index}] is ${JSON.stringify(pattern)}, allowed is an origin such as ` +
          '"https://api.example.com" or "https://*.example.com"',
      );
    }
  });
  return (input) => {
    const { origin } = urlOf(input);
    return propagateTo.some((pattern) => matchesGlob(pattern, origin));
  };
}

function isOrigin(pattern: unknown): boolean {
  if (typeof pattern !== "string") return false;
  const text = pattern.replace(/:\*$/, ":1").replaceAll("*", "x");
  return URL.canParse(text) && new URL(text).origin === text;
}

function fail(what: string): never {
  throw new TypeError(`createTelemetry(): propagateTo${what.startsWith("[") ? "" : " "}${what}`);
}
