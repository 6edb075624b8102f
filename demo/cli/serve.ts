import { resolve } from "@std/path";
import { buildAssets } from "../console/assets.ts";
import { createConsole } from "../console/server.ts";
import { createCollector } from "../store/collector.ts";
import { metricQueriesOf } from "../store/metrics.ts";
import { queriesOf } from "../store/queries.ts";
import { openStore } from "../store/store.ts";
import { listen } from "./listen.ts";
import { consoleFlags, readFlags, RESULTS_FOLDER, UsageError } from "./options.ts";
import { untilSignal } from "./signals.ts";

/** The console alone: receives OTLP from any application and shows it, until a signal. */
export async function serve(args: readonly string[]): Promise<void> {
  const { flags, rest } = readFlags(consoleFlags, args);
  if (rest.length > 0) throw new UsageError(`Unknown argument ${rest[0]}; see --help`);
  const stopping = untilSignal();
  const store = openStore(flags.file === undefined ? ":memory:" : resolve(flags.file));
  try {
    const server = listen(
      "console",
      flags.port,
      createConsole({
        queries: { ...queriesOf(store.database), ...metricQueriesOf(store.database) },
        resultsFolder: resolve(RESULTS_FOLDER),
        assets: await buildAssets(resolve(".cache/console")),
        collector: createCollector(store),
      }).fetch,
    );
    try {
      const address = `http://127.0.0.1:${server.addr.port}`;
      console.log(`console   ${address}\ncollector ${address} (OTLP over HTTP)`);
      await new Promise<void>((resolve) =>
        stopping.signal.aborted
          ? resolve()
          : stopping.signal.addEventListener("abort", () => resolve())
      );
    } finally {
      // Live tails never end by themselves.
      await Promise.race([server.shutdown(), new Promise((done) => setTimeout(done, 500))]);
    }
  } finally {
    store.close();
    stopping.release();
  }
}
