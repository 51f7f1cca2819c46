import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildFabric, inNamespace, removeFabric } from "../../../../tools/lab/fabric/build-fabric";
import { networkAclRules } from "../../../../tools/lab/fabric/network-acls";
import { planLab } from "../../../../tools/lab/plan/lab-plan";
import { loadPlan } from "../../../../tools/lab/plan/load-plan";
import type { NetworkAclRule, Topology } from "../../../../tools/topology/topology";
import { describeAsRoot } from "../../../support/namespaces";

const WEB = "198.51.100.80";
const FORBIDDEN = "198.51.100.81";

const directory = mkdtempSync(join(tmpdir(), "network-acls-"));
let topology: Topology;

beforeAll(async () => {
  ({ topology } = await loadPlan("pass-through", {}, directory));
}, 60_000);

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const rule = (
  number: number,
  direction: NetworkAclRule["direction"],
  more: Partial<NetworkAclRule>,
): NetworkAclRule => ({
  ...{ number, direction, action: "allow", protocol: "6", cidr: "0.0.0.0/0" },
  ...more,
});

/** The plan with a network ACL on the appliances' subnet. */
function planWith(rules: readonly NetworkAclRule[]) {
  const subnet = topology.subnets.find(({ address }) => address.includes("appliance"));
  const acl = {
    id: "acl-1",
    address: "aws_network_acl.one",
    tags: {},
    isDefault: false,
    subnetIds: [subnet?.id ?? ""],
    rules,
  };
  return planLab({ ...topology, networkAcls: [acl] }, { certificateAuthority: "", node: process.execPath });
}

test("a plan without network ACLs has no rules for them", () => {
  const { wiring } = planLab(topology, { certificateAuthority: "", node: process.execPath });
  expect(wiring.vpcs.map((vpc) => networkAclRules(wiring, vpc))).toEqual([undefined, undefined]);
});

describeAsRoot("network ACLs in the lab's routers", () => {
  /** Exit status of an attempt of the appliance to connect: 0, or 124 when nothing answers. */
  async function connects(rules: readonly NetworkAclRule[], addresses: readonly string[]): Promise<(number | null)[]> {
    const name = `acl${String(process.pid)}`;
    try {
      buildFabric(name, planWith(rules).fabric);
      const [program, ...parameters] = inNamespace(name, "internet");
      const script = 'require("node:net").createServer((one) => one.end()).listen(443, () => console.log("listens"))';
      const server = spawn(program, [...parameters, process.execPath, "-e", script]);
      await once(server.stdout, "data");
      const [enter, ...there] = inNamespace(name, "appliance");
      return addresses.map((address) => {
        const connect = ["timeout", "1", "bash", "-c", `</dev/tcp/${address}/443`];
        return spawnSync(enter, [...there, ...connect]).status;
      });
    } finally {
      removeFabric(name);
    }
  }

  const ANSWERS = rule(100, "ingress", { fromPort: 1024, toPort: 65535 });
  const HTTPS = rule(100, "egress", { fromPort: 443, toPort: 443 });

  test("the rule with the lowest number decides, in each direction", async () => {
    const denied = rule(90, "egress", { action: "deny", cidr: `${FORBIDDEN}/32` });
    expect(await connects([denied, HTTPS, ANSWERS], [WEB, FORBIDDEN])).toEqual([0, 124]);
  }, 30_000);

  test("they are stateless: answers need a rule of their own, and what no rule names is denied", async () => {
    expect(await connects([HTTPS], [WEB])).toEqual([124]);
    expect(await connects([ANSWERS], [WEB])).toEqual([124]);
  }, 30_000);
});
