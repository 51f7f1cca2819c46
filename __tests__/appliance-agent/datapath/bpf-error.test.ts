import { BpfError, checked } from "../../../appliance-agent/src/datapath/bpf-error";
import { encodeSourceCidr, decodeSourceCidr } from "../../../appliance-agent/src/datapath/source-cidrs";
import { requireInterface } from "../../../appliance-agent/src/datapath/interface";
import { decodeSettings, encodeSettings } from "../../../appliance-agent/src/datapath/settings";

test("a call that worked returns its result", () => {
  expect(checked("map flows", "update", 7)).toBe(7);
});

test.each([
  [-1, "map flows: update, got EPERM; run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"],
  [-12, "map flows: update, got ENOMEM; free memory, or lower maxFlows or the number of rules"],
  [-22, "map flows: update, got EINVAL; the kernel does not know this feature: Linux 6.1 or later is needed"],
  [-17, "map flows: update, got EEXIST"],
  [-524, "map flows: update, got errno 524"],
])("fails with the errno's name and what to do: %i", (result, message) => {
  expect(() => checked("map flows", "update", result)).toThrow(new Error(message));
});

test("an error can say what to do itself", () => {
  expect(new BpfError("XDP on eth0", "attach", "EBUSY", "detach the other program").message).toBe(
    "XDP on eth0: attach, got EBUSY; detach the other program",
  );
});

test("fails on a source that is no IPv4 CIDR", () => {
  expect(() => encodeSourceCidr("2001:db8::/32")).toThrow(
    "geneveSources: not an IPv4 CIDR, got 2001:db8::/32; write the subnets of the load balancer",
  );
  expect(decodeSourceCidr(encodeSourceCidr("10.2.0.0/28"))).toBe("10.2.0.0/28");
});

test("fails on an interface that does not exist, and names those that do", () => {
  expect(() => requireInterface("nothing0")).toThrow(
    /^underlay interface: not found, got nothing0; there are .*\blo\b/,
  );
});

test("settings are read back", () => {
  const settings = {
    mac: Buffer.from([2, 0, 0, 0, 0, 9]),
    ipv6DecapByProtocolChange: true,
    underlay: 77,
    attachment: "routed-tc" as const,
    objectSha256: "ab".repeat(32),
  };
  expect(decodeSettings(encodeSettings(settings))).toEqual(settings);
});
