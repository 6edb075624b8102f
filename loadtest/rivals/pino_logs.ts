import { destination, pino } from "npm:pino@10.4.0";
import { createApp } from "./app.ts";

const logger = pino(destination({ dest: "/dev/null", sync: true }));

/** pino's JSON lines, a write each. */
export default createApp({ info: (message, fields) => logger.info(fields, message) });
