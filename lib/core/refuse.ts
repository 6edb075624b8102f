/**
 * Says that an option is wrong: which, what was given, what is allowed. One text for all, as each of
 * its own would weigh more than what it checks.
 *
 * @throws {TypeError} Always.
 */
export function refuse(name: string, given: unknown, allowed: string): never {
  throw new TypeError(
    `${name} is ${typeof given === "object" ? "an object" : String(given)}, allowed is ${allowed}`,
  );
}
