import { createApp } from "./app.ts";

/** Nothing is recorded. */
export default createApp({});
