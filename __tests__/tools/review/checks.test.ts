import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CHECKS } from "../../../tools/review/checks";
import { PRICES } from "../../../tools/review/cost/prices";
import { review } from "../../../tools/review/review";
import { readTopology } from "../../../tools/topology/read-topology";
import { plannedTopology } from "./planned";

const BROKEN = readdirSync(join(__dirname, "../../fixtures/review/broken")).sort();

/** What is wrong with each directory of `broken`, in the order of the report: everything that is found, so that nothing false is. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  "acceptance-required": ["acceptance-required aws_vpc_endpoint.inspection"],
  "cross-zone-load-balancing": ["cross-zone-load-balancing aws_lb.inspection"],
  "edge-table-covers-protected-cidrs": ["edge-table-covers-protected-cidrs aws_route_table.edge"],
  "edge-table-ipv6": [
    "same-endpoint-both-ways aws_instance.client",
    "edge-table-covers-protected-cidrs aws_route_table.edge",
  ],
  "edge-table-missing": [
    "same-endpoint-both-ways aws_instance.client",
    "edge-table-covers-protected-cidrs aws_internet_gateway.client",
  ],
  "endpoint-in-other-vpc": [
    "path-broken aws_instance.client",
    "workload-in-endpoint-subnet aws_instance.appliance",
    "endpoint-in-other-vpc aws_vpc_endpoint.inspection",
  ],
  "endpoint-of-own-zone": ["endpoint-of-own-zone aws_route.workload_default"],
  "endpoint-one-subnet": ["endpoint-one-subnet aws_vpc_endpoint.inspection", "path-undetermined aws_instance.client"],
  "endpoint-subnet-routes-to-itself": [
    "path-broken aws_instance.client",
    "endpoint-subnet-routes-to-itself aws_route.workload_default",
  ],
  "geneve-blocked": ["path-broken aws_instance.client", "geneve-blocked aws_instance.appliance"],
  "geneve-exposed": ["geneve-exposed aws_instance.appliance"],
  "geneve-exposed-to-half": ["geneve-exposed aws_instance.appliance"],
  "geneve-target-group": ["geneve-target-group aws_lb_target_group.inspection"],
  "health-check-blocked": ["health-check-blocked aws_instance.appliance"],
  "health-check-proves-nothing": ["health-check-proves-nothing aws_lb_target_group.inspection"],
  "idle-timeout": ["idle-timeout aws_instance.appliance"],
  imdsv2: ["imdsv2 aws_instance.appliance"],
  "ipv6-unsupported": ["path-broken aws_instance.client"],
  "ipv6-bypasses-inspection": [
    "ipv6-bypasses-inspection aws_route.workload_ipv6",
    "path-uninspected aws_instance.client",
  ],
  mtu: ["mtu aws_instance.appliance"],
  "mtu-between-spokes": ['mtu aws_instance.spoke["a"]'],
  "nat-before-inspection": ["nat-before-inspection aws_nat_gateway.client"],
  "path-broken": ["path-broken aws_instance.client"],
  "path-uninspected": ["path-uninspected aws_instance.client"],
  "public-exposure": ["public-exposure aws_vpc_security_group_ingress_rule.ssh"],
  "public-exposure-in-halves": [
    'public-exposure aws_vpc_security_group_ingress_rule.ssh["0.0.0.0/1"]',
    'public-exposure aws_vpc_security_group_ingress_rule.ssh["128.0.0.0/1"]',
  ],
  "same-endpoint-both-ways": ["same-endpoint-both-ways aws_instance.client"],
  "source-dest-check": ["source-dest-check aws_instance.appliance"],
  "subnet-outside-vpc": ["subnet-outside-vpc aws_subnet.endpoint"],
  "subnets-overlap": ["subnets-overlap aws_subnet.workload"],
  "transit-gateway-appliance-mode": [
    'same-endpoint-both-ways aws_instance.spoke["a"]',
    "transit-gateway-appliance-mode aws_ec2_transit_gateway_vpc_attachment.inspection",
  ],
  "volume-encryption": ["volume-encryption aws_instance.appliance"],
  "workload-in-endpoint-subnet": [
    "workload-in-endpoint-subnet aws_instance.client",
    "path-uninspected aws_instance.client",
  ],
  "zone-without-target": ["zone-without-target aws_lb_target_group.inspection"],
};

/** Those that break the centralized network; the others break the article's. */
const CENTRALIZED = ["mtu-between-spokes", "transit-gateway-appliance-mode"];

async function findings(...directories: readonly string[]): Promise<readonly string[]> {
  const { findings: found } = review(await plannedTopology(...directories), { name: "test", prices: PRICES });
  return found.map(({ check, address }) => `${check} ${address}`);
}

test.each(["article", "modules", "centralized"])("nothing is wrong with %s", async (directory) => {
  expect(await findings(directory)).toEqual([]);
});

test.each(BROKEN)("%s is found, and nothing else", async (directory) => {
  const base = CENTRALIZED.includes(directory) ? "centralized" : "article";
  expect(await findings(base, `broken/${directory}`)).toEqual(EXPECTED[directory]);
});

test("every check has a directory that it finds something in", () => {
  const found = new Set(Object.values(EXPECTED).flatMap((list) => list.map((one) => one.split(" ")[0])));
  expect(CHECKS.map((check) => check.id).filter((id) => !found.has(id))).toEqual([]);
});

test("every check says why, how to mend it, and where AWS says so, under a name of its own", () => {
  for (const { id, title, why, fix, source } of CHECKS) {
    expect(id).toMatch(/^[a-z0-9-]+$/);
    expect([title, why, fix].every((text) => text.length > 10)).toBe(true);
    expect(source).toMatch(/^https:\/\/(docs\.aws\.amazon\.com|developer\.hashicorp\.com)\//);
  }
  expect(new Set(CHECKS.map((check) => check.id)).size).toBe(CHECKS.length);
});

test("an appliance's configuration in S3 that forgets flows early is found", async () => {
  const good = await plannedTopology("article");
  const withSeconds = (flowIdleSeconds: number) => ({
    ...good,
    s3Objects: [
      {
        id: "o",
        address: "aws_s3_object.configuration",
        tags: {},
        content: JSON.stringify({ version: 1, flowIdleSeconds }),
      },
    ],
  });
  const idle = (seconds: number) =>
    review(withSeconds(seconds), { name: "test", prices: PRICES }).findings.map((one) => one.what);
  expect(idle(360)).toEqual([]);
  expect(idle(120)).toEqual([
    "flowIdleSeconds of the appliance's configuration is 120 s, the load balancer's idle timeout 350 s",
  ]);
});

test("without a Gateway Load Balancer endpoint there is nothing to walk", () => {
  const reviewed = review(readTopology({ format_version: "1.0" }), { name: "test", prices: PRICES });
  expect([reviewed.hasInspection, reviewed.walks, reviewed.findings]).toEqual([false, [], []]);
});
