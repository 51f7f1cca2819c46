import { DesiredSysctl, sysctlToWrite } from "../../../appliance-agent/src/control/desired-sysctl";

const least: DesiredSysctl = { atLeast: 300_000 };

test.each<[string, DesiredSysctl, string, string | undefined]>([
  ["the value itself", "0", "0", undefined],
  ["another value", "0", "2", "0"],
  ["several numbers", "1 2 3", "1 2 4", "1 2 3"],
  ["a smaller number", least, "262144", "300000"],
  ["a number of fewer digits that begins with a larger one", least, "99999", "300000"],
  ["the least value", least, "300000", undefined],
  ["what the kernel has rounded up", least, "300032", undefined],
  ["a larger number, somebody's own choice", least, "2500000", undefined],
  ["no limit", least, "0", undefined],
])("%s", (_, desired, was, written) => {
  expect(sysctlToWrite(desired, was)).toBe(written);
});
