import { configureSync, getJsonLinesFormatter, getLogger } from "npm:@logtape/logtape@2.4.2";
import { createApp } from "./app.ts";

const file = Deno.openSync("/dev/null", { write: true });
const encoder = new TextEncoder();
const format = getJsonLinesFormatter();
configureSync({
  sinks: { file: (record) => void file.writeSync(encoder.encode(format(record))) },
  loggers: [
    { category: "rival", sinks: ["file"], lowestLevel: "info" },
    { category: ["logtape", "meta"], sinks: [], lowestLevel: "fatal" },
  ],
});
const logger = getLogger("rival");

/** LogTape's JSON lines, a write each. */
export default createApp({ info: (message, fields) => logger.info(message, fields) });
