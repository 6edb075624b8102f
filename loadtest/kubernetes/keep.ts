import { errors, hasAttribute, rare, slowerThan, type TailRule } from "../../mod.ts";
import { UsageError } from "../command.ts";

/**
 * Reads rules of the library from a list: `errors,slower-than:250,rare,attribute:tier=gold`.
 *
 * @throws {UsageError} Naming what was given and what is allowed.
 */
export function readKeep(list: string): TailRule[] {
  return list.split(",").map((text) => text.trim()).filter(Boolean).map((text) => {
    const [name, ...more] = text.split(":");
    const argument = more.join(":");
    if (name === "errors" && argument === "") return errors();
    if (name === "rare" && argument === "") return rare();
    if (name === "slower-than" && Number(argument) >= 0 && argument !== "") {
      return slowerThan(Number(argument));
    }
    if (name === "attribute" && argument !== "") {
      const at = argument.indexOf("=");
      return at < 0
        ? hasAttribute(argument)
        : hasAttribute(argument.slice(0, at), argument.slice(at + 1));
    }
    throw new UsageError(
      `--keep has ${JSON.stringify(text)}, allowed are errors, slower-than:MS, rare, ` +
        "attribute:KEY, attribute:KEY=VALUE",
    );
  });
}
