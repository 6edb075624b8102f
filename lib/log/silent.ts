import type { Logger } from "./logger.ts";

const nothing = () => {};
/** A logger that writes nothing. */
export const SILENT: Logger = {
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  trace: nothing,
  log: nothing,
  event: nothing,
  write: nothing,
  threshold: 25,
  isEnabled: () => false,
  child: () => SILENT,
  within: () => SILENT,
} as unknown as Logger;
