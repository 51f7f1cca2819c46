import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { passThrough } from "../../../appliance-agent/src/rules/presets/pass-through";
import { ROUTED_SYSCTLS } from "../../../appliance-agent/src/rules/routed-sysctls";
import { Path, SERVER, withPath } from "../../../tools/end-to-end/path";
import { LINUX_WITHOUT_TCX } from "../../support/linux-without-tcx";
import { describeAsRoot } from "../../support/namespaces";
import { ping } from "./traffic";

jest.setTimeout(60_000);

const SOURCES = { geneveSources: ["10.99.0.0/24"] };
const CONFIGURATIONS = {
  hairpin: passThrough(SOURCES),
  routed: { version: 1, mode: "routed", ...SOURCES, sysctls: ROUTED_SYSCTLS },
};
const APPLIANCE = "10.99.0.2";

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
