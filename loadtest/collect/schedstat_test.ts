import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseSchedstat, schedstatCpuUs } from "./schedstat.ts";

Deno.test("parseSchedstat reads the time a task ran", () => {
  assertEquals(parseSchedstat("123456789 4567 89\n"), 123456789);
  assertThrows(() => parseSchedstat("n/a"), TypeError, '"n/a"');
});

Deno.test("a process that is not there has no time", () => {
  assertEquals(schedstatCpuUs(2 ** 30), undefined);
});

Deno.test({
  name: "our own CPU time grows (skipped where there is no /proc)",
  ignore: schedstatCpuUs(Deno.pid) === undefined,
  fn() {
    const before = schedstatCpuUs(Deno.pid)!;
    let sum = 0;
    for (let index = 0; index < 20_000_000; index++) sum += index;
    assert(sum > 0 && schedstatCpuUs(Deno.pid)! > before);
  },
});
