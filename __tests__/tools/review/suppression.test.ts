import { parseSuppression, parseSuppressionFile } from "../../../tools/review/suppression";

test("a flag names a check, perhaps an address, and a reason", () => {
  expect(parseSuppression("mtu=hosts use 1500 = fine")).toEqual({ check: "mtu", reason: "hosts use 1500 = fine" });
  expect(parseSuppression('imdsv2@aws_instance.a["x"]=vendor')).toEqual({
    check: "imdsv2",
    address: 'aws_instance.a["x"]',
    reason: "vendor",
  });
});

test.each([
  ["mtu", "--suppress mtu: a suppression needs a reason, got none; write mtu=<why it is accepted>"],
  ["mtu@a= ", "--suppress mtu@a= : a suppression needs a reason, got none; write mtu@a=<why it is accepted>"],
  ["wat=why", "--suppress wat=why: no such check, got 'wat'; docs/checks.md lists them"],
])("fails for '%s'", (argument, message) => {
  expect(() => parseSuppression(argument)).toThrow(message);
});

test("a file is a list", () => {
  expect(parseSuppressionFile("- check: mtu\n  reason: fine\n", "s.yaml")).toEqual([{ check: "mtu", reason: "fine" }]);
  expect(parseSuppressionFile("", "s.yaml")).toEqual([]);
});

test.each([
  ["- check: mtu\n", "s.yaml: entry 1: a suppression needs a reason, got none; write mtu=<why it is accepted>"],
  [
    "- check: mtu\n  reason: x\n  until: 2030\n",
    's.yaml: 0: Unrecognized key: "until", got [{"check":"mtu","reason":"x","until":2030}]; write a list of {check, address, reason}',
  ],
  [
    "check: mtu",
    's.yaml: the file: Invalid input: expected array, received object, got {"check":"mtu"}; write a list of {check, address, reason}',
  ],
  ["{", 's.yaml: not YAML, got "{"; write a list of {check, address, reason}'],
])("fails for the file %j", (text, message) => {
  expect(() => parseSuppressionFile(text, "s.yaml")).toThrow(message);
});
