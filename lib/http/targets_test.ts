import { assert, assertEquals, assertThrows } from "@std/assert";
import { createTelemetry, memory, type TelemetryOptions } from "../../mod.ts";

/** The traceparent that each of these URLs is sent. */
async function sent(
  propagateTo: TelemetryOptions["propagateTo"],
  inputs: readonly (string | URL | Request)[],
): Promise<boolean[]> {
  const seen: boolean[] = [];
  const telemetry = createTelemetry({
    service: "a",
    sinks: [memory()],
    propagateTo,
    fetch: (input, init) => {
      seen.push(new Request(input, init).headers.has("traceparent"));
      return Promise.resolve(new Response());
    },
  });
  for (const input of inputs) await telemetry.fetch(input);
  return seen;
}

const INPUTS = [
  "https://api.example.com/orders",
  new URL("https://api.example.com:444/orders"),
  new Request("http://api.example.com/"),
  "https://api.example.com.evil.test/",
  "https://user:secret@api.example.com/",
  "https://eu.internal.test/",
];

Deno.test("only chosen origins are sent propagation headers", async () => {
  assertEquals(await sent(undefined, INPUTS), [true, true, true, true, true, true]);
  assertEquals(await sent([], INPUTS), [false, false, false, false, false, false]);
  assertEquals(await sent(["https://api.example.com"], INPUTS), [
    true,
    false,
    false,
    false,
    true,
    false,
  ]);
  assertEquals(
    await sent(["https://*.internal.test", "http://api.example.com", "https://*.com:*"], INPUTS),
    [false, true, true, false, false, true],
  );
  assertEquals(
    await sent(({ hostname }) => {
      if (hostname.endsWith(".evil.test")) throw new Error("never");
      return hostname === "eu.internal.test";
    }, INPUTS),
    [false, false, false, false, false, true],
  );
});

Deno.test("what is no origin is named when telemetry is created", () => {
  for (const wrong of ["api.example.com", "https://api.example.com/", "https://a.test/x", ""]) {
    const error = assertThrows(
      () => createTelemetry({ service: "a", sinks: [memory()], propagateTo: ["https://a", wrong] }),
      TypeError,
    ) as TypeError;
    assert(
      error.message.startsWith(`createTelemetry(): propagateTo[1] is ${JSON.stringify(wrong)}`),
    );
  }
  assertThrows(
    () => createTelemetry({ service: "a", sinks: [memory()], propagateTo: "all" as never }),
    TypeError,
    "propagateTo is string, allowed is a list of origins or a function",
  );
});
