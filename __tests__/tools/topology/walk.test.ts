import { readTopology } from "../../../tools/topology/read-topology";
import { Topology } from "../../../tools/topology/topology";
import { roundTrip, walk } from "../../../tools/topology/walk";
import { Walk } from "../../../tools/topology/walk-result";
import { planned, plannedTopology } from "../review/planned";

const OUT = [
  "host aws_instance.client",
  "VPC router: aws_route_table.workload, 0.0.0.0/0",
  "GWLB endpoint aws_vpc_endpoint.inspection",
  "Gateway Load Balancer aws_lb.inspection, GENEVE to 10.2.0.4",
  "appliance aws_instance.appliance, GENEVE to 10.2.0.0/28",
  "Gateway Load Balancer aws_lb.inspection",
  "GWLB endpoint aws_vpc_endpoint.inspection",
  "VPC router: aws_route_table.endpoint, 0.0.0.0/0",
  "internet gateway aws_internet_gateway.client",
  "internet 198.51.100.10",
];
const BACK = [
  "internet 198.51.100.10",
  "internet gateway aws_internet_gateway.client",
  "VPC router: aws_route_table.edge, 10.1.0.0/28",
  ...OUT.slice(2, 7),
  "VPC router: aws_route_table.endpoint, 10.1.0.0/24",
  "host aws_instance.client",
];
const REQUEST = { from: "aws_instance.client", to: "internet", protocol: "tcp" } as const;

/** A walk's hops, each in one line. */
function hopsOf(one: Walk | undefined): readonly string[] {
  return (one?.hops ?? []).map((hop) => {
    if (hop.kind === "VPC router")
      return `VPC router: ${hop.route?.table ?? "none"}, ${hop.route?.destination ?? "no route"}`;
    return `${hop.kind} ${hop.name}${hop.encapsulation ? `, GENEVE to ${hop.encapsulation.outerDestination}` : ""}`;
  });
}

describe("the article's topology", () => {
  let plans: Awaited<ReturnType<typeof planned>>;
  let topology: Topology;
  beforeAll(async () => {
    plans = await planned("article");
    topology = readTopology(plans.plan);
  });

  test("is walked out and back through the same endpoint and appliance", () => {
    const trip = roundTrip(topology, REQUEST);
    expect(hopsOf(trip.out)).toEqual(OUT);
    expect(hopsOf(trip.back)).toEqual(BACK);
    expect(trip.verdict).toEqual({ kind: "delivered", where: "aws_instance.client" });
  });

  test("is walked in the same way from a plan whose ids are not known", () => {
    const unknown = readTopology(plans.normalPlan?.plan);
    expect(unknown.subnets.map((subnet) => subnet.id)).toContain("<aws_subnet.workload>");
    const trip = roundTrip(unknown, REQUEST);
    expect(hopsOf(trip.out)).toEqual(OUT);
    expect(hopsOf(trip.back)).toEqual(BACK);
    expect(trip.out.hops.at(-2)?.translation?.to).toBe("public address of aws_instance.client");
  });

  test("is walked in the same way from a state", () => {
    const state = readTopology({
      format_version: "1.0",
      values: (plans.plan as { planned_values: unknown }).planned_values,
    });
    expect(state.source).toBe("state");
    expect(hopsOf(roundTrip(state, REQUEST).out)).toEqual(OUT);
  });

  test("lets nobody in: the workload's security group has no ingress rule", () => {
    const inbound = walk(topology, { from: "internet", to: "aws_instance.client", protocol: "tcp", port: 22 });
    expect(hopsOf(inbound).slice(0, 3)).toEqual(BACK.slice(0, 3));
    expect(inbound.verdict).toEqual({
      kind: "dropped",
      where: "security group aws_security_group.client",
      why: "ingress: no ingress rule matches",
    });
  });

  test("carries 1500 bytes to the internet", () => {
    expect(walk(topology, REQUEST).mtu).toBe(1500);
  });

  test("has an assumed host where a subnet is named", () => {
    const trip = roundTrip(topology, { ...REQUEST, from: "aws_subnet.workload" });
    expect(trip.out.hops[0]?.text).toBe("a host in aws_subnet.workload sends from 10.1.0.10 in aws_subnet.workload");
    expect(trip.verdict.kind).toBe("delivered");
  });

  test("fails for a host that is not in it", () => {
    expect(() => walk(topology, { ...REQUEST, from: "aws_instance.nobody" })).toThrow(
      "walk: no such host, got 'aws_instance.nobody'; name an instance (aws_instance.appliance, aws_instance.client), a network interface, a subnet or an IP address",
    );
  });
});

describe("modules with for_each", () => {
  test("are walked from a resolved plan; from one with unknown ids nothing wrong is said", async () => {
    const { plan, normalPlan } = await planned("modules");
    const from = 'module.client.aws_instance.this["b"]';
    const resolved = readTopology(plan);
    const host = resolved.networkInterfaces.find(
      (one) => one.ownerId === resolved.instances.find((instance) => instance.address === from)?.id,
    );
    const trip = roundTrip(resolved, { from: host?.id ?? "", to: "internet", protocol: "tcp" });
    expect(trip.verdict.kind).toBe("delivered");
    expect(trip.out.hops.map((hop) => hop.zone).filter((zone) => zone !== undefined)).toEqual(
      Array(8).fill("eu-west-1b"),
    );
    const unknown = readTopology(normalPlan?.plan);
    const subnet = walk(unknown, { from: 'module.client.aws_subnet.workload["b"]', to: "internet", protocol: "tcp" });
    expect(subnet.verdict.kind).toBe("cannot determine");
    expect(unknown.notes.join("\n")).toContain("each.key");
  });
});

describe("a centralized inspection VPC", () => {
  test("meets one endpoint both ways between zones, because of appliance mode", async () => {
    const request = { from: 'aws_instance.spoke["a"]', to: 'aws_instance.spoke["b"]', protocol: "tcp" } as const;
    const good = roundTrip(await plannedTopology("centralized"), request);
    expect(good.verdict.kind).toBe("delivered");
    expect(good.out.mtu).toBe(8500);
    const bad = roundTrip(await plannedTopology("centralized", "broken/transit-gateway-appliance-mode"), request);
    expect(bad.verdict).toEqual({
      kind: "asymmetric",
      where: 'aws_vpc_endpoint.inspection["a"], aws_vpc_endpoint.inspection["b"]',
      why: 'out crosses aws_vpc_endpoint.inspection["a"], back crosses aws_vpc_endpoint.inspection["b"]',
    });
  });

  test("translates after it inspects, and back before it inspects", async () => {
    const trip = roundTrip(await plannedTopology("centralized"), {
      from: 'aws_instance.spoke["b"]',
      to: "internet",
      protocol: "tcp",
    });
    const kinds = (one: Walk | undefined) =>
      one?.hops
        .map((hop) => hop.kind)
        .filter((kind) => ["GWLB endpoint", "NAT gateway", "transit gateway"].includes(kind));
    expect(kinds(trip.out)).toEqual(["transit gateway", "GWLB endpoint", "GWLB endpoint", "NAT gateway"]);
    expect(kinds(trip.back)).toEqual(["NAT gateway", "GWLB endpoint", "GWLB endpoint", "transit gateway"]);
  });
});

test("an endpoint's subnet that routes to its endpoint is a loop", async () => {
  const { verdict } = walk(await plannedTopology("article", "broken/endpoint-subnet-routes-to-itself"), REQUEST);
  expect(verdict).toEqual({
    kind: "loop",
    where: "aws_route_table.workload",
    why: "aws_route.workload_default sends the packet to VPC endpoint aws_vpc_endpoint.inspection again",
  });
});

test("a rule whose group is not known makes a drop by that group undetermined", async () => {
  const { normalPlan } = await planned("article");
  const plan = structuredClone(normalPlan?.plan) as {
    configuration: { root_module: { resources: { address: string; expressions: Record<string, unknown> }[] } };
  };
  const rule = plan.configuration.root_module.resources.find(
    (one) => one.address === "aws_vpc_security_group_ingress_rule.geneve",
  );
  if (!rule) throw new Error("no such rule");
  expect(roundTrip(readTopology(plan), REQUEST).verdict.kind).toBe("delivered");
  rule.expressions.security_group_id = { references: ["local.groups", "each.key"] };
  expect(roundTrip(readTopology(plan), REQUEST).verdict).toEqual({
    kind: "cannot determine",
    where: "security group aws_security_group.appliance",
    why:
      "it seems to be dropped: ingress: UDP 6081 from 10.2.0.0/28: no ingress rule matches; " +
      "but aws_vpc_security_group_ingress_rule.geneve.security_group_id refers to local.groups, each.key",
  });
});
