import { jestCounts } from "../../../tools/test/jest-counts";

const report = { numPassedTests: 5, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };

test.each([
  ["all passed", report, true, { passed: 5, failed: 0 }],
  ["a failed test", { ...report, numFailedTests: 2 }, false, { passed: 5, failed: 2 }],
  ["a file that does not load", { ...report, numRuntimeErrorTestSuites: 1 }, false, { passed: 5, failed: 1 }],
  ["a bad exit that no test explains", report, false, { passed: 5, failed: 1 }],
])("counts %s", (_, counted, exitedWell, expected) => {
  expect(jestCounts(counted, exitedWell)).toEqual(expected);
});
