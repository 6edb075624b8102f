/** `deno task audit`: verifies audit trails offline, proves entries, makes keys. */
import { parseArgs } from "@std/cli/parse-args";
import {
  type AuditHead,
  auditKey,
  type AuditProof,
  generateAuditKeys,
  proveEntry,
  verifyAudit,
  verifyProof,
} from "../../lib/audit/mod.ts";

const HELP = `Audit trails: verify them offline, prove one entry, make keys.

  deno task audit keygen FILE                  writes FILE (keep it secret) and FILE.public
  deno task audit verify TRAIL --key FILE      checks all of it; names the first bad entry
      --head SIZE:ROOT                         kept elsewhere: finds out what was cut off since
      --json                                   the verdict as JSON
  deno task audit head TRAIL --key FILE        prints SIZE:ROOT of the last good checkpoint
  deno task audit prove TRAIL SEQ              prints a proof that entry SEQ is in the trail
  deno task audit check-proof FILE --head SIZE:ROOT

It ends with 0 when all is well, 1 when something is wrong with the trail or proof, 2 when the
command is.`;

class UsageError extends Error {}

async function main(args: readonly string[]): Promise<number> {
  const { _: [command, ...rest], ...flags } = parseArgs([...args], {
    boolean: ["json", "help"],
    string: ["key", "head", "_"],
    unknown: (name: string, key?: string) => {
      if (key === undefined) return true;
      throw new UsageError(`Unknown flag ${name}; allowed are --key, --head, --json`);
    },
  });
  const names = rest.map(String);
  if (flags.help || command === undefined || command === "help") {
    console.log(HELP);
    return flags.help || command === "help" ? 0 : 2;
  }
  switch (command) {
    case "keygen":
      return await keygen(required(names[0], "FILE"));
    case "verify":
    case "head":
      return await verify(command, required(names[0], "TRAIL"), flags);
    case "prove":
      return await prove(required(names[0], "TRAIL"), required(names[1], "SEQ"));
    case "check-proof":
      return await checkProof(required(names[0], "FILE"), required(flags.head, "--head"));
    default:
      throw new UsageError(
        `Unknown command ${command}; allowed are keygen, verify, head, prove, check-proof`,
      );
  }
}

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new UsageError(`${name} is missing; see --help`);
  return value;
}

async function read(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new UsageError(
      `${path} can't be read: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function parsed<T>(text: string, path: string): T {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${path} is not JSON`);
  }
}

function headOf(text: string): AuditHead {
  const [, size, root] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  if (root === undefined) {
    throw new UsageError(`--head is ${text}, allowed is SIZE:ROOT with a root of 64 hex digits`);
  }
  return { size: Number(size), root };
}

async function keygen(path: string): Promise<number> {
  const { privateKey, publicKey } = await generateAuditKeys();
  const options = { createNew: true, mode: 0o600 };
  try {
    await Deno.writeTextFile(path, `${JSON.stringify(privateKey)}\n`, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new UsageError(`${path} exists; a key is never written over`);
  }
  await Deno.writeTextFile(`${path}.public`, `${JSON.stringify(publicKey)}\n`);
  console.log(`${path} signs; ${path}.public verifies (${privateKey.crv ?? "HMAC"})`);
  return 0;
}

async function verify(
  command: "verify" | "head",
  path: string,
  flags: { readonly key?: string; readonly head?: string; readonly json: boolean },
): Promise<number> {
  const keyPath = required(flags.key, "--key");
  let key;
  try {
    key = await auditKey(parsed(await read(keyPath), keyPath));
  } catch (error) {
    throw new UsageError(`--key ${keyPath}: ${error instanceof Error ? error.message : error}`);
  }
  const head = flags.head === undefined ? undefined : headOf(flags.head);
  const verdict = await verifyAudit(await read(path), { key, head });
  const { isWhole, entries, checkpoints, problem } = verdict;
  if (flags.json) console.log(JSON.stringify(verdict));
  else if (command === "head" && isWhole) {
    console.log(`${verdict.head.size}:${verdict.head.root}`);
  } else if (isWhole) {
    console.log(
      `whole: ${entries} entries, ${checkpoints} checkpoints\nhead ${entries}:${verdict.head.root}`,
    );
  } else {
    const where = problem!.line > 0 ? ` (line ${problem!.line})` : "";
    console.error(`not whole: ${problem!.reason}${where}\n${entries} entries before are good`);
  }
  return isWhole ? 0 : 1;
}

async function prove(path: string, seq: string): Promise<number> {
  try {
    console.log(
      JSON.stringify(await proveEntry(await read(path), Number(seq)), null, 2),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof UsageError) throw error;
    console.error(error.message);
    return error instanceof RangeError ? 2 : 1;
  }
}

async function checkProof(path: string, head: string): Promise<number> {
  const proof = parsed<AuditProof>(await read(path), path);
  const isRight = verifyProof(proof, headOf(head));
  console.log(isRight ? `entry ${proof.seq} is in the trail` : "the proof does not hold");
  return isRight ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
