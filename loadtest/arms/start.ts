import { freePort, startCommand, startModule } from "../collect/child.ts";
import { residentBytes, schedstatCpuUs, treeOf } from "../collect/schedstat.ts";
import type { Arm, CommandTarget } from "./arm.ts";
import type { FlushReply, ServerReady } from "./serve.ts";

/** The process of an arm. */
export interface ArmProcess {
  /** What is loaded, without a path. */
  readonly origin: string;
  /** Sends what it holds back, where it can be asked to, and reads what it has used. */
  settle(): Promise<FlushReply>;
  /** Ends it and waits. */
  stop(): Promise<void>;
}

/**
 * Starts the process of an arm on a core.
 *
 * @param sink Where it is to export to.
 * @throws {Error} When it ends, or does not listen, before it is ready.
 */
export async function startArm(
  arm: Arm,
  sink: string,
  core: number | undefined,
): Promise<ArmProcess> {
  const { target } = arm;
  if (target.kind === "command") return await startCommandArm(target, sink, core);
  const child = target.kind === "shop"
    ? await startModule<ServerReady>("../arms/server.ts", [sink, arm.name], core)
    : await startModule<ServerReady>(
      "../arms/module_server.ts",
      [target.url, String(arm.spinUs ?? "")],
      core,
      { OTEL_EXPORTER_OTLP_ENDPOINT: sink, ...target.env },
    );
  const { gateway, control } = child.ready;
  return {
    origin: `http://127.0.0.1:${gateway}`,
    settle: async () => {
      const reply: FlushReply = await (await fetch(`http://127.0.0.1:${control}/`)).json();
      return { ...reply, cpuUs: schedstatCpuUs(child.pid) ?? reply.cpuUs };
    },
    stop: child.stop,
  };
}

async function startCommandArm(
  target: CommandTarget,
  sink: string,
  core: number | undefined,
): Promise<ArmProcess> {
  const port = freePort();
  const child = await startCommand(target.command, port, core, target.cwd, {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink,
    ...target.env,
    PORT: String(port),
  });
  return {
    origin: `http://127.0.0.1:${port}`,
    settle: () => {
      // It can't be asked to flush: what it exports later is in the slots that follow.
      const pids = treeOf(child.pid);
      const cpuUs = pids.map((pid) => schedstatCpuUs(pid) ?? 0).reduce((a, b) => a + b, 0);
      const rssBytes = pids.map(residentBytes).reduce((a, b) => a + b, 0);
      return Promise.resolve({ cpuUs, rssBytes, heapBytes: 0, dropped: 0 });
    },
    stop: child.stop,
  };
}
