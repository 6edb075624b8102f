/** The process under test: a module of the user's behind a listener. */
import { serveArm } from "./serve.ts";

type Fetch = (request: Request) => Response | Promise<Response>;

/** What a module may export. */
interface TargetModule {
  readonly default?: Fetch | { readonly fetch?: Fetch };
  /** Sends what is held back. */
  readonly flush?: () => Promise<void>;
  /** Records lost so far; by reason, where there are reasons. */
  readonly dropped?: () => number | Readonly<Record<string, number>>;
  /** Spans and lines delivered so far: held against what the sink has. */
  readonly delivered?: () => number;
}

const [url, spinUs] = Deno.args;
const { default: target, flush, dropped, delivered }: TargetModule = await import(url);
const fetch = typeof target === "function" ? target : target?.fetch?.bind(target);
if (typeof fetch !== "function") {
  console.error(`${url} has no fetch handler: its default export is ${typeof target}, allowed are`);
  console.error("a function that takes a Request, or an object with such a function as fetch");
  Deno.exit(1);
}
await serveArm({
  fetch,
  flush,
  dropped,
  delivered,
  spinUs: spinUs === "" ? undefined : Number(spinUs),
});
