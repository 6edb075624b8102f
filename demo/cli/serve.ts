import { resolve } from "@std/path";
import { openStoreThread } from "../store/thread.ts";
import { startConsole } from "./console.ts";
import { consoleFlags, readFlags, RESULTS_FOLDER, UsageError } from "./options.ts";
import { untilSignal } from "./signals.ts";

/** The console alone: receives OTLP from any application and shows it, until a signal. */
export async function serve(args: readonly string[]): Promise<void> {
  const { flags, rest } = readFlags(consoleFlags, args);
  if (rest.length > 0) throw new UsageError(`Unknown argument ${rest[0]}; see --help`);
  const stopping = untilSignal();
  try {
    const store = await openStoreThread(
      flags.file === undefined ? ":memory:" : resolve(flags.file),
      { bytes: flags["max-bytes"], ageMs: flags["max-age-hours"] * 3_600_000 },
    );
    try {
      const running = await startConsole({
        store,
        what: "console",
        host: flags.host,
        port: flags.port,
        token: flags.token,
        access: { hosts: listOf(flags["allow-host"]), origins: listOf(flags["allow-origin"]) },
        resultsFolder: resolve(RESULTS_FOLDER),
        cacheFolder: resolve(".cache/console"),
      });
      console.log(`console   ${running.address}\ncollector ${running.endpoint} (OTLP over HTTP)`);
      if (running.token !== undefined) {
        console.log(`senders   OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20${running.token}`);
      }
      await stopping.aborted;
      await running.stop();
    } finally {
      await store.close();
    }
  } finally {
    stopping.release();
  }
}

function listOf(text: string | undefined): string[] {
  return text?.split(",").map((one) => one.trim()).filter((one) => one !== "") ?? [];
}
