import { assertEquals } from "@std/assert";
import { dirname, fromFileUrl, resolve } from "@std/path";
import { decodeTraces } from "./testing/mod.ts";

const ROOT = resolve(dirname(fromFileUrl(import.meta.url)), "..");

Deno.test("a program in an empty folder imports mod.ts by URL and exports a span", async () => {
  const names: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/v1/traces") {
        const body = new Uint8Array(await request.arrayBuffer());
        const type = request.headers.get("content-type")!;
        names.push(...decodeTraces(body, type).map(({ name }) => name));
        return new Response(null, { headers: { "content-type": type } });
      }
      try {
        return new Response(await Deno.readTextFile(ROOT + pathname), {
          headers: { "content-type": "application/typescript" },
        });
      } catch {
        return new Response("not found", { status: 404 });
      }
    },
  );
  const origin = `127.0.0.1:${server.addr.port}`;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `import { createTelemetry, otlp } from "http://${origin}/mod.ts";
       const telemetry = createTelemetry({
         service: "far",
         sinks: [otlp({ endpoint: "http://${origin}" })],
       });
       telemetry.span("from far away", () => {});
       await telemetry.shutdown();`,
    );
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-config",
        "--no-lock",
        "--check",
        `--allow-import=${origin}`,
        `--allow-net=${origin}`,
        "main.ts",
      ],
      cwd: folder,
      stdin: "null",
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    assertEquals(names, ["from far away"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
    await server.shutdown();
  }
});
