import { missingCapabilities, requireCapabilities } from "../../../appliance-agent/src/commands/capability";

const status = (effective: string) =>
  `Name:\tnode\nCapPrm:\t0000000000000000\nCapEff:\t${effective}\nCapBnd:\t000001ffffffffff\n`;

test.each<[string, string, string[]]>([
  ["root has all", "000001ffffffffff", []],
  ["a user has none", "0000000000000000", ["CAP_NET_ADMIN", "CAP_BPF"]],
  ["one is missing", "0000000000001000", ["CAP_BPF"]],
  ["CAP_SYS_ADMIN includes CAP_BPF", "0000000000201000", []],
])("%s", (_, effective, missing) => {
  expect(missingCapabilities(["CAP_NET_ADMIN", "CAP_BPF"], status(effective))).toEqual(missing);
});

test("a process without a CapEff line has none", () => {
  expect(missingCapabilities(["CAP_NET_RAW"], "")).toEqual(["CAP_NET_RAW"]);
});

test("fails with what is missing and how to have it", () => {
  expect(() => requireCapabilities("run", ["CAP_NET_ADMIN", "CAP_BPF"], status("0000000000000000"))).toThrow(
    "run: needs CAP_NET_ADMIN, CAP_BPF, got a process without CAP_NET_ADMIN, CAP_BPF; " +
      "run it with sudo, or in a unit with AmbientCapabilities=CAP_NET_ADMIN CAP_BPF",
  );
});
