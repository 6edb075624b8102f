import { k6Program } from "../k6/binary.ts";
import type { DriverName } from "../model/model.ts";
import { autocannonDriver } from "./autocannon.ts";
import type { Driver } from "./driver.ts";
import { k6Driver } from "./k6.ts";

/**
 * Opens connections to a URL.
 *
 * @param core Where a generator that is a process of its own belongs; undefined where processes
 * can't be pinned.
 */
export async function openDriver(
  name: DriverName,
  url: string,
  connections: number,
  core: number | undefined,
): Promise<Driver> {
  return name === "autocannon"
    ? await autocannonDriver(url, connections)
    : await k6Driver(await k6Program(), url, connections, core);
}
