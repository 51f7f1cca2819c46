import { failedFiles, jestCounts, withSecondTry, type JestReport } from "../../../tools/test/jest-counts";

const file = (name: string, status: string, ...assertions: string[]): JestReport["testResults"][number] => ({
  name,
  status,
  assertionResults: assertions.map((one) => ({ status: one })),
});
const good = file("a.test.ts", "passed", "passed", "passed", "pending");
const bad = file("b.test.ts", "failed", "passed", "failed", "failed");
const unloadable = file("c.test.ts", "failed");

test.each([
  ["all passed", [good], true, { passed: 2, failed: 0 }],
  ["failed tests", [good, bad], false, { passed: 3, failed: 2 }],
  ["a file that does not load", [good, unloadable], false, { passed: 2, failed: 1 }],
  ["a bad exit that no test explains", [good], false, { passed: 2, failed: 1 }],
])("counts %s", (_, testResults, exitedWell, expected) => {
  expect(jestCounts({ testResults }, exitedWell)).toEqual(expected);
});

test("names the files in which something failed", () => {
  expect(failedFiles({ testResults: [good, bad, unloadable] })).toEqual(["b.test.ts", "c.test.ts"]);
});

test("the second try of a file replaces its first", () => {
  const second = { testResults: [file("b.test.ts", "passed", "passed", "passed", "passed")] };
  expect(jestCounts(withSecondTry({ testResults: [good, bad] }, second), true)).toEqual({ passed: 5, failed: 0 });
});
