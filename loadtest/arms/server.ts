/** The process under test: the shop of one arm behind its listener. */
import { ARMS } from "./arms.ts";
import { serveArm } from "./serve.ts";
import { shopOf } from "./shop.ts";

const [endpoint, name] = Deno.args;
await serveArm(shopOf(ARMS.find((one) => one.name === name)!, endpoint));
