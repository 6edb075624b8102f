/** `deno task demo`: the shop, its traffic and its telemetry in the terminal. */
import { ask, ASK_COMMANDS, type AskCommand } from "./cli/ask.ts";
import { UsageError } from "./cli/options.ts";
import { run } from "./cli/run.ts";
import { serve } from "./cli/serve.ts";

const HELP = `A shop of five Hono services that shows its own telemetry.

  deno task demo                     run it, until Ctrl-C
      --duration SECONDS             stop after so long
      --rate N                       requests a second (4)
      --seed N                       traffic and faults by this seed (1)
      --faults off|some|many         how much goes wrong (some)
      --data FOLDER                  where data is kept (.cache/demo)
      --collector-port N, --gateway-port N, --orders-port N, --catalog-port N,
      --payments-port N, --shipping-port N    ports on 127.0.0.1; 0 takes a free one (0)
      --quiet                        no traces as they come
      --logs FOLDER                  every service's lines as NDJSON as well
      --log-rules FILE               metrics from log lines by these rules (demo/log_rules.json)
      --host ADDRESS                 where the console listens (127.0.0.1); elsewhere than on
                                     loopback it wants a token
      --token TEXT                   that token (made anew)

  deno task demo traces              what was recorded, newest first
      --error  --service NAME  --route TEXT  --status 4xx  --slower-than MS
      --attribute NAME=VALUE  --minutes N  --limit N
  deno task demo trace ID            one trace as a tree, with what it caused over the queue
  deno task demo logs TEXT           log lines that hold all these words
      --trace ID  --transaction ID  --service NAME  --level warn
      --attribute NAME=VALUE  --minutes N  --limit N
  deno task demo graph               who calls whom
  deno task demo summary             requests, errors, p50 and p95 by route
      --data FOLDER  --json          for each of these
      --url URL  --token TEXT        asks a console that runs, by the API that GET /api describes

  deno task console                  the console alone, for any application that sends OTLP
      --port N                       (4318)
      --file FILE                    keep what comes in a file; else in memory
      --max-bytes N  --max-age-hours N    the oldest goes past these (1 GiB, 24)
      --host ADDRESS  --token TEXT   as above
      --allow-host NAMES             names, besides loopback's, that it may be asked by
      --allow-origin ORIGINS         origins of pages that may send telemetry

With OTEL_EXPORTER_OTLP_ENDPOINT set, the shop exports there as well.`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h") || args[0] === "help") {
    console.log(HELP);
    return 0;
  }
  const command = args.find((arg) => !arg.startsWith("-"));
  try {
    if (args[0] !== undefined && !args[0].startsWith("-")) {
      if (command === "console") await serve(args.slice(1));
      else if (!ASK_COMMANDS.includes(args[0] as AskCommand)) {
        throw new UsageError(
          `Unknown command ${command}; allowed are ${
            [...ASK_COMMANDS, "console"].join(", ")
          }, or none to run the shop`,
        );
      } else await ask(args[0] as AskCommand, args.slice(1));
    } else await run(args);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(error.message);
      return 2;
    }
    console.error(error instanceof Error && /^Port \d/.test(error.message) ? error.message : error);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
