import { createTelemetry, json, lines } from "../../mod.ts";
import { createApp } from "./app.ts";

const file = Deno.openSync("/dev/null", { write: true });
const encoder = new TextEncoder();
const { log } = createTelemetry({
  service: "rival",
  sinks: [lines(json, { write: (line) => void file.writeSync(encoder.encode(`${line}\n`)) })],
});

/** Sextant's JSON lines, a write each. */
export default createApp({ info: (message, fields) => log.info(message, fields) });
