/**
 * A library that is instrumented with OpenTelemetry's API alone, and the same work by our own
 * methods: both give the same spans.
 */
import { assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import * as api from "@opentelemetry/api";
import { logs, SeverityNumber } from "@opentelemetry/api-logs";
import {
  createTelemetry,
  memory,
  type MemorySink,
  type SpanRecord,
  type Telemetry,
} from "../../mod.ts";
import { deno } from "../runtime/deno.ts";
import { register } from "./mod.ts";

const NAME = "library", VERSION = "2.1.0";
const BOOKS: Readonly<Record<string, number>> = { emma: 7 };

/** What the library does: a server span with a link, an inner one with an event, one that fails. */
type Library = (headers: Record<string, string>, title: string) => Promise<Record<string, string>>;

const withApi: Library = async (headers, title) => {
  const tracer = api.trace.getTracer(NAME, VERSION);
  const received = api.propagation.extract(api.context.active(), headers);
  const linked = { traceId: "c".repeat(32), spanId: "d".repeat(16), traceFlags: 1 };
  const options = {
    kind: api.SpanKind.SERVER,
    attributes: { title },
    links: [{ context: linked, attributes: { of: "batch" } }],
  };
  return await tracer.startActiveSpan("lend", options, received, async (span) => {
    const onward: Record<string, string> = {};
    try {
      await tracer.startActiveSpan("look up", async (inner) => {
        await Promise.resolve();
        inner.setAttribute("found", title in BOOKS).addEvent("looked", { shelf: 3 });
        inner.end();
      });
      api.propagation.inject(api.context.active(), onward);
      const logger = logs.getLogger(NAME, VERSION);
      logger.emit({ severityNumber: SeverityNumber.INFO, body: "lent", attributes: { title } });
      if (!(title in BOOKS)) throw new RangeError(`no ${title}`);
      span.setStatus({ code: api.SpanStatusCode.OK });
    } catch (error) {
      span.recordException(error as Error);
      span.setAttribute("error.type", (error as Error).name);
      span.setStatus({ code: api.SpanStatusCode.ERROR, message: (error as Error).message });
    } finally {
      span.updateName(`lend ${title}`).end();
    }
    return onward;
  });
};

const withOurs = (telemetry: Telemetry): Library => async (headers, title) => {
  const tracer = telemetry.tracer.scoped(NAME, VERSION);
  const linked = { traceId: "c".repeat(32), spanId: "d".repeat(16), traceFlags: 1 };
  const span = tracer.startSpan("lend", {
    kind: 1,
    attributes: { title },
    links: [{ context: linked, attributes: { of: "batch" } }],
  }, telemetry.extract(headers));
  const onward: Record<string, string> = {};
  return await telemetry.run(span, async () => {
    await tracer.span("look up", async (inner) => {
      await Promise.resolve();
      inner.setAttribute("found", title in BOOKS).addEvent("looked", { shelf: 3 });
    });
    telemetry.inject(onward);
    telemetry.logger(NAME, VERSION).info("lent", { title });
    if (title in BOOKS) span.setStatus({ code: "ok" });
    else span.fail(new RangeError(`no ${title}`));
    span.updateName(`lend ${title}`).end();
    return onward;
  });
};

/** A span without what is drawn or measured. */
function essence(span: SpanRecord, all: readonly SpanRecord[]) {
  return {
    name: span.name,
    kind: span.kind,
    scope: span.scope,
    traceId: span.traceId,
    parent: all.find(({ spanId }) => spanId === span.parentSpanId)?.name ?? span.parentSpanId,
    isParentRemote: span.isParentRemote,
    flags: span.traceFlags,
    state: span.traceStateText,
    attributes: { ...span.attributes() },
    status: [span.statusCode, span.statusMessage],
    events: span.events?.map(({ name, attributes }) => [
      name,
      attributes?.["exception.type"] ?? attributes,
    ]),
    links: span.links?.map(({ context, attributes }) => [context.spanId, attributes]),
  };
}

/** A telemetry that is registered, until the work is done. */
async function registered(
  options: Parameters<typeof deno>[0],
  work: (telemetry: Telemetry, sink: MemorySink, problems: readonly string[]) => Promise<void>,
): Promise<void> {
  const sink = memory();
  const runtime = deno({ flushOnExit: false, ...options });
  const telemetry = createTelemetry({ service: "a", sinks: [sink], runtime });
  const registration = register(telemetry);
  try {
    await work(telemetry, sink, registration.problems);
  } finally {
    registration.unregister();
  }
}

Deno.test("a library instrumented with the API gives the spans that our own methods give", async () => {
  await registered({}, async (telemetry, sink) => {
    for (const title of ["emma", "dune"]) {
      const seen = [];
      for (const library of [withApi, withOurs(telemetry)]) {
        sink.clear();
        const onward = await library({
          traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-03`,
          tracestate: "v=1",
          baggage: "user=ada",
        }, title);
        const lend = sink.spans.find(({ kind }) => kind === 1)!;
        assertMatch(onward.traceparent, new RegExp(`^00-${"a".repeat(32)}-${lend.spanId}-03$`));
        const { traceparent: _own, ...others } = onward;
        seen.push({
          others,
          spans: sink.spans.map((span) => essence(span, sink.spans)),
          lines: sink.logs.map((line) => [
            line.message,
            line.severity,
            line.scope,
            { ...line.fields },
            line.span?.spanId === lend.spanId,
          ]),
        });
      }
      assertEquals(seen[0], seen[1]);
      assertEquals(seen[0].spans.length, 2);
      assertEquals(seen[0].others, { tracestate: "v=1", baggage: "user=ada" });
      assertEquals(seen[0].spans[1].status[0], title === "emma" ? 1 : 2);
    }
  });
});

Deno.test("without a context manager: said clearly, the library works, its spans are apart", async () => {
  await registered({ ambient: false }, async (_telemetry, sink, problems) => {
    assertEquals(problems.length, 1);
    assertMatch(problems[0], /no ambient context.*give createTelemetry a runtime such as deno\(\)/);
    await withApi({ traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-03` }, "emma");
    // As OpenTelemetry's own no-op context manager has it: nothing is ever active.
    const [inner, outer] = sink.spans.map((span) => essence(span, sink.spans));
    assertEquals([inner.name, inner.parent, outer.name], ["look up", "", "lend emma"]);
    assertEquals(outer.parent, "b".repeat(16));
  });
});

Deno.test("the same telemetry registered twice: the first stays, and can be taken back", async () => {
  await registered({}, async (telemetry, sink) => {
    const second = register(telemetry);
    assertEquals(second.problems.length, 4);
    second.unregister();
    await withApi({}, "emma");
    assertEquals(sink.spans.length, 2);
    assertStrictEquals(sink.spans[0].scope.name, NAME);
  });
  assertEquals(api.trace.getTracer(NAME).startSpan("after").isRecording(), false);
});
