import { resolve, toFileUrl } from "@std/path";
import { freePort, startCommand, startModule } from "../collect/child.ts";
import { residentBytes, schedstatCpuUs, treeOf } from "../collect/schedstat.ts";
import type { Arm, CommandTarget } from "./arm.ts";
import { type FlushReply, type ServerReady, WATCHED } from "./serve.ts";

/** The process of an arm. */
export interface ArmProcess {
  /** What is loaded, without a path. */
  readonly origin: string;
  /**
   * Sends what it holds back, where it can be asked to, and reads what it has used. What needs a
   * timer is watched from a settle that says that it will be measured to the next.
   */
  settle(isMeasuredNext?: boolean): Promise<FlushReply>;
  /** Ends it and waits. */
  stop(): Promise<void>;
}

/**
 * Starts the process of an arm on a core.
 *
 * @param sink Where it is to export to.
 * @param module What built-in arms are put around; null for the shop.
 * @param v8Flags Of every process that is not a command.
 * @throws {Error} When it ends, or does not listen, before it is ready.
 */
export async function startArm(
  arm: Arm,
  sink: string,
  core: number | undefined,
  module: string | null = null,
  v8Flags: readonly string[] = [],
): Promise<ArmProcess> {
  const { target } = arm;
  if (target.kind === "command") return await startCommandArm(target, sink, core);
  const url = module === null ? [] : [toFileUrl(resolve(module)).href];
  const child = target.kind === "shop"
    ? await startModule<ServerReady>(
      "../arms/server.ts",
      [sink, arm.name, ...url],
      core,
      {},
      v8Flags,
    )
    : await startModule<ServerReady>(
      "../arms/module_server.ts",
      [target.url, String(arm.spinUs ?? "")],
      core,
      { OTEL_EXPORTER_OTLP_ENDPOINT: sink, ...target.env },
      v8Flags,
    );
  const { gateway, control } = child.ready;
  return {
    origin: `http://127.0.0.1:${gateway}`,
    settle: async (isMeasuredNext = false) => {
      const url = `http://127.0.0.1:${control}/${isMeasuredNext ? WATCHED : ""}`;
      const reply: FlushReply = await (await fetch(url)).json();
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
    settle: async () => {
      if (target.flush !== undefined) {
        await (await fetch(`http://127.0.0.1:${port}${target.flush}`)).body?.cancel();
      }
      // Without a path to flush it can't be asked to: what it exports later is in the slots that
      // follow, where it is in all blocks but the first.
      const pids = treeOf(child.pid);
      const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
      return {
        cpuUs: sum(pids.map((pid) => schedstatCpuUs(pid) ?? 0)),
        userUs: null,
        systemUs: null,
        rssBytes: sum(pids.map(residentBytes)),
        heapBytes: 0,
        dropped: {},
        delivered: null,
        loopDelaysUs: [],
      };
    },
    stop: child.stop,
  };
}
