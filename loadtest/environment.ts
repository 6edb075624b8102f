import { fromFileUrl } from "@std/path";
import { schedstatCpuUs } from "./collect/schedstat.ts";
import type { Environment } from "./model/model.ts";

/** Says where a run is made. */
export async function environmentOf(
  isPinned: boolean,
  isPreferred: boolean,
  commandLine: readonly string[],
): Promise<Environment> {
  const hasSchedstat = schedstatCpuUs(Deno.pid) !== undefined;
  return {
    commit: await commitNow(),
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    os: Deno.build.os,
    arch: Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    isPinned,
    isPreferred,
    cpuSource: hasSchedstat ? "/proc/PID/task/*/schedstat" : "the server's cpuUsage()",
    startedAt: new Date().toISOString(),
    commandLine: [...commandLine],
  };
}

/** The commit that is checked out, with a "+" when files were changed; null without git. */
async function commitNow(): Promise<string | null> {
  const git = async (...args: string[]) => {
    const cwd = fromFileUrl(new URL(".", import.meta.url));
    const { success, stdout } = await new Deno.Command("git", { args, cwd, stderr: "null" })
      .output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  };
  try {
    const commit = await git("rev-parse", "--short=12", "HEAD");
    const changes = await git("status", "--porcelain", "--untracked-files=no");
    return commit === undefined ? null : changes === "" ? commit : `${commit}+`;
  } catch {
    return null;
  }
}
