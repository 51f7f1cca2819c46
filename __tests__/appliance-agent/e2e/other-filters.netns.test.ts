import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { composeIp } from "../../../appliance-agent/src/codec/ip-compose";
import { composeUdp } from "../../../appliance-agent/src/codec/upper-layer-compose";
import { passThrough } from "../../../appliance-agent/src/rules/presets/pass-through";
import { ROUTED_SYSCTLS } from "../../../appliance-agent/src/rules/routed-sysctls";
import { CLIENT, Path, SERVER, withPath } from "../../../tools/end-to-end/path";
import { gwlbFrame } from "../../../tools/test-run/loaded-for-test";
import { LINUX_WITHOUT_TCX } from "../../support/linux-without-tcx";
import { describeAsRoot, eventually } from "../../support/namespaces";
import { ping } from "./traffic";

jest.setTimeout(60_000);

const SOURCES = { geneveSources: ["10.99.0.0/24"] };
const CONFIGURATIONS = {
  hairpin: passThrough(SOURCES),
  routed: { version: 1, mode: "routed", ...SOURCES, sysctls: ROUTED_SYSCTLS },
};
const APPLIANCE = "10.99.0.2";

const ENDS = { source: CLIENT.ipv4, destination: SERVER.ipv4 };
const INNER = composeIp(ENDS, composeUdp(ENDS, { sourcePort: 1, destinationPort: 2 }));

/** Of `gwlb-agent status --json`. */
interface Status {
  readonly dataPath: { readonly packets: Readonly<Record<"returned" | "decapsulated" | "handedUp", number>> };
}

/** Somebody else's filter on the underlay interface, behind the agent's: it drops everything. */
function dropAll({ directory, exec }: Path): void {
  const [source, object] = [join(directory, "drop.c"), join(directory, "drop.o")];
  writeFileSync(source, '__attribute__((section("tc"))) int drop(void *skb) { return 2; /* TC_ACT_SHOT */ }\n');
  execFileSync("clang", ["-O2", "-target", "bpf", "-c", source, "-o", object]);
  exec("appliance", "tc", "qdisc", "replace", "dev", "a0", "clsact");
  const filter = `filter add dev a0 ingress pref 7000 protocol all bpf direct-action object-file ${object} section tc`;
  exec("appliance", "tc", ...filter.split(" "));
}

describeAsRoot("filters of others on the underlay interface", () => {
  test.each([
    ["hairpin", "this kernel", {}],
    ["routed", "this kernel", {}],
    ["hairpin", "a kernel without tcx", LINUX_WITHOUT_TCX],
  ] as const)("meet what is not GENEVE, and nothing that is: %s, %s", async (mode, _, environment) => {
    await withPath(async (path) => {
      await path.startAgent(CONFIGURATIONS[mode], { environment });
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      expect(ping(path, "gwlb", APPLIANCE)).toBe(true);
      dropAll(path);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      expect(ping(path, "gwlb", APPLIANCE, "-W", "1")).toBe(false);
    });
  });
});

/** Sends frames, each given in hexadecimal. */
const SEND = `
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((sys.argv[1], 0))
for frame in sys.argv[2:]: link.send(bytes.fromhex(frame))
`;

describeAsRoot("GENEVE with a VLAN tag", () => {
  test.each(["hairpin", "routed"] as const)("is not ours, unless the tag is a priority alone: %s", async (mode) => {
    await withPath(async (path) => {
      await path.startAgent(CONFIGURATIONS[mode]);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      const mac = (host: string, device: string) =>
        path.exec(host, "cat", `/sys/class/net/${device}/address`).trim().replaceAll(":", "");
      const untagged = Buffer.from(gwlbFrame(INNER, {}, { source: "10.99.0.1", destination: APPLIANCE }))
        .subarray(12)
        .toString("hex");
      const tagged = (vlan: string) => `${mac("appliance", "a0")}${mac("gwlb", "g0")}8100${vlan}${untagged}`;
      const taken = () => {
        const { packets } = (JSON.parse(path.agent("status", "--json").out) as Status).dataPath;
        return packets.returned + packets.decapsulated + packets.handedUp;
      };
      const before = taken();
      path.exec("gwlb", "python3", "-c", SEND, "g0", tagged("0005"), tagged("0005"), tagged("a000"));
      await eventually("the last one is taken", () => taken() > before || undefined);
      expect(taken()).toBe(before + 1);
    });
  });
});
