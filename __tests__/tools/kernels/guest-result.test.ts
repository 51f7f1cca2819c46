import { readGuestResult } from "../../../tools/kernels/guest-result";

const console = (json: string) =>
  `[    0.000000] boot\r\n@@KERNEL 6.1.0-1-amd64\r\nlibbpf: said\r\n@@RESULT\r\n${json}\r\n[  9.1] late line\r\n@@END\r\n`;

const result = (assertionResults: object[], rest: object = {}) =>
  JSON.stringify({ testResults: [{ name: "a.test.ts", message: "", status: "passed", assertionResults, ...rest }] });

test("reads release, passed and failed tests; what was not selected is neither", () => {
  const json = result([
    { fullName: "a", status: "passed", duration: 1500, failureMessages: [] },
    { fullName: "b", status: "failed", duration: 1, failureMessages: ["no"] },
    { fullName: "c", status: "pending", duration: null, failureMessages: [] },
  ]);
  expect(readGuestResult(console(json))).toEqual({
    release: "6.1.0-1-amd64",
    passed: [{ name: "a", seconds: 1.5 }],
    failed: [["b", "no"]],
    log: "libbpf: said",
  });
});

test("a file that did not even run is a failure", () => {
  const json = result([], { status: "failed", message: "Cannot find module" });
  expect(readGuestResult(console(json)).failed).toEqual([["a.test.ts", "Cannot find module"]]);
});

test.each([
  ["a panic", "[ 1.0] Kernel panic - not syncing"],
  ["a result that is cut short", console("{").replace("@@END", "")],
  ["no result", console("")],
])("fails on %s, with the end of the console", (_, text) => {
  expect(() => readGuestResult(text)).toThrow(/^kernels: the guest gave no result, got on its console:\n/);
});
