/**
 * What shop.Dockerfile runs: the shop's arm in SEXTANT_ARM, on PORT, exporting to
 * OTEL_EXPORTER_OTLP_ENDPOINT. With SEXTANT_TARGET, the arm around that module instead of the shop.
 */
import { ARMS } from "../arms/arms.ts";
import { loadedFetch } from "../arms/serve.ts";
import { moduleOf, shopOf } from "../arms/shop.ts";

const name = Deno.env.get("SEXTANT_ARM") ?? "";
const endpoint = Deno.env.get("OTEL_EXPORTER_OTLP_ENDPOINT") ?? "";
const port = Number(Deno.env.get("PORT") ?? 8080);
const arm = ARMS.find((one) => one.name === name);
if (arm === undefined) {
  const names = ARMS.map((one) => one.name).join(", ");
  console.error(`SEXTANT_ARM is ${JSON.stringify(name)}, allowed are ${names}`);
  Deno.exit(2);
}
if (endpoint === "") {
  console.error("OTEL_EXPORTER_OTLP_ENDPOINT is not set: a URL, as http://collector:4318");
  Deno.exit(2);
}
const target = Deno.env.get("SEXTANT_TARGET");
const shop = await (target === undefined ? shopOf(arm, endpoint) : moduleOf(arm, endpoint, target));
const server = Deno.serve({
  port,
  onListen: () => console.log(`the arm ${name} listens on ${port}`),
}, loadedFetch(shop));
Deno.addSignalListener("SIGTERM", async () => {
  await server.shutdown();
  await shop.flush?.();
  Deno.exit(0);
});
