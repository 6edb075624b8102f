/** The process under test: the shop, or a module, of one arm behind its listener. */
import { ARMS } from "./arms.ts";
import { serveArm } from "./serve.ts";
import { moduleOf, shopOf } from "./shop.ts";

const [endpoint, name, url] = Deno.args;
const arm = ARMS.find((one) => one.name === name)!;
await serveArm(await (url === undefined ? shopOf(arm, endpoint) : moduleOf(arm, endpoint, url)));
