import { assertEquals } from "@std/assert";
import { type Check, outcomeOf, readJunit } from "./checks.ts";

const XML = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="4" failures="1" errors="0" time="0.1">
  <testsuite name="./a_test.ts" tests="4" disabled="1" errors="0" failures="1">
    <testcase name="one" classname="./a_test.ts" time="0.0" line="1" col="6"></testcase>
    <testcase name="two" classname="./a_test.ts" time="0.0" line="2" col="6">
      <failure message="Uncaught Error: no">stack</failure>
    </testcase>
    <testcase name="three" classname="./a_test.ts" time="0.0" line="3" col="6"/>
    <testcase name="four: no Go here" classname="./a_test.ts" time="0.0" line="4" col="6">
      <skipped/>
    </testcase>
  </testsuite>
</testsuites>`;
const TESTS: Check = { title: "tests", args: [], isTest: true };

Deno.test("readJunit counts passed, failed and skipped", () => {
  assertEquals(readJunit(XML), { passed: 2, failed: 1, skipped: ["four: no Go here"] });
});

Deno.test("a test run that shows no failure and still fails counts as one", () => {
  assertEquals(outcomeOf(TESTS, 1, undefined).failed, 1);
  assertEquals(outcomeOf(TESTS, 1, '<testcase name="a"/>'), { passed: 1, failed: 1, skipped: [] });
  assertEquals(outcomeOf(TESTS, 1, XML).failed, 1);
});

Deno.test("a test run without a test is a failure", () => {
  assertEquals(outcomeOf(TESTS, 0, "<testsuites></testsuites>").failed, 1);
});

Deno.test("another check counts as one by its exit code", () => {
  const check: Check = { title: "lint", args: [] };
  assertEquals(outcomeOf(check, 0, undefined), { passed: 1, failed: 0, skipped: [] });
  assertEquals(outcomeOf(check, 1, undefined), { passed: 0, failed: 1, skipped: [] });
});
