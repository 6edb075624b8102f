/** `deno task k6:build`: k6 with our extension, by xk6 where it is there, else by Go alone. */
import { dirname } from "@std/path";
import { goProgram, K6_PATH, K6_VERSION, K6MissingError, MODULE_FOLDER } from "./binary.ts";
import { k6Program, outputOf } from "./binary.ts";

const HELP =
  `Builds k6 with k6/x/sextant and --out sextant, into .cache/k6 (about 80 s the first time).

  deno task k6:build           by xk6 when it is on PATH, else by go build
  deno task k6:build --go      by go build in any case
  deno task k6:build --help    this text

Needs Go 1.25 or newer; GO names one that is not on PATH. K6_BINARY names another k6 for the load test.`;

/** The command that builds, and where. */
async function builder(isGoOnly: boolean): Promise<{ name: string; command: string[] }> {
  const go = await goProgram();
  const hasXk6 = !isGoOnly && (await outputOf("xk6", ["version"])) !== undefined;
  if (!hasXk6) return { name: "go build", command: [go, "build", "-o", K6_PATH, "./cmd/k6"] };
  const module = `sextant.example/xk6-sextant=${MODULE_FOLDER}`;
  return {
    name: "xk6 build",
    command: ["xk6", "build", K6_VERSION, "--with", module, "-o", K6_PATH],
  };
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const unknown = args.find((arg) => arg !== "--go");
  if (unknown !== undefined) {
    console.error(`Unknown ${unknown}; allowed are --go and --help`);
    return 2;
  }
  try {
    const { name, command: [program, ...rest] } = await builder(args.includes("--go"));
    await Deno.mkdir(dirname(K6_PATH), { recursive: true });
    console.log(`${name}, into ${K6_PATH.replace(`${Deno.cwd()}/`, "")} …`);
    const startMs = performance.now();
    const { code } = await new Deno.Command(program, {
      args: rest,
      cwd: MODULE_FOLDER,
      env: { GOTOOLCHAIN: "local" },
      stdin: "null",
    }).spawn().status;
    if (code !== 0) {
      console.error(`${name} failed with code ${code}`);
      return 1;
    }
    await k6Program(K6_PATH);
    console.log(`built in ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
    return 0;
  } catch (error) {
    if (!(error instanceof K6MissingError)) throw error;
    console.error(error.message);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
