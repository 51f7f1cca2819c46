import { end, Journey, Next } from "../journey";
import { lookUpRoute, RouteLookup } from "../look-up-route";
import { RouteTableChoice, routeTableOfGateway, routeTableOfSubnet } from "../route-table-of";
import { byId, Gateway, NetworkInterface, RouteTable, RouteTarget, Subnet, Topology, Vpc } from "../topology";
import { RouteChoice } from "../walk-result";

/** The VPC's router takes a packet that leaves `subnet`. */
export function routeFromSubnet(journey: Journey, subnet: Subnet): Next {
  return route(journey, routeTableOfSubnet(journey.topology, subnet), {
    subnet,
    where: `VPC router, ${subnet.address}`,
  });
}

/** The VPC's router takes a packet that came in by `gateway`. */
export function routeFromGateway(journey: Journey, gateway: Gateway, vpc: Vpc): Next {
  const choice = routeTableOfGateway(journey.topology, gateway);
  if (choice.kind === "none") {
    journey.hop({
      kind: "VPC router",
      name: vpc.address,
      vpcId: vpc.id,
      text: `${gateway.address} has no edge route table: the packet takes the VPC's local route`,
      route: {
        tableId: "",
        table: "none",
        how: "implicit",
        destination: vpc.ipv4Cidrs[0] ?? "",
        target: "local",
        origin: "local",
      },
    });
    return { to: "local", vpc };
  }
  return route(journey, choice, { vpc, where: `VPC router, edge of ${gateway.address}` });
}

interface Position {
  readonly subnet?: Subnet;
  readonly vpc?: Vpc;
  readonly where: string;
}

function route(journey: Journey, choice: RouteTableChoice, position: Position): Next {
  const { topology, packet } = journey;
  const { subnet, where } = position;
  if (choice.kind !== "table")
    return end({
      kind: "cannot determine",
      where,
      why: choice.kind === "undetermined" ? choice.why : "it has no route table",
    });
  const { table } = choice;
  const { address } = packet.destination;
  const vpc = position.vpc ?? byId(topology.vpcs, table.vpcId ?? subnet?.vpcId);
  if (!vpc)
    return end({
      kind: "cannot determine",
      where,
      why: `the VPC of ${table.address} is not in the ${topology.source}`,
    });
  if (!address)
    return end({
      kind: "cannot determine",
      where,
      why: `the destination, ${packet.destination.text}, is not known yet`,
    });
  const lookup = lookUpRoute(topology, table, address);
  if (lookup.kind === "undetermined") return end({ kind: "cannot determine", where, why: lookup.why });
  const how = subnet ? choice.how : "edge";
  if (lookup.kind === "none") {
    journey.hop({
      kind: "VPC router",
      name: vpc.address,
      vpcId: vpc.id,
      subnetId: subnet?.id,
      zone: subnet?.zone,
      text: `${tableName(table, how)} has no route to ${packet.destination.text}`,
      assumptions: lookup.assumptions,
    });
    return end({ kind: "dropped", where: table.address, why: `no route to ${packet.destination.text}` });
  }
  const target = describeTarget(topology, lookup.route.target);
  const chosen: RouteChoice = {
    tableId: table.id,
    table: table.address,
    how,
    destination: lookup.destination,
    target,
    origin: lookup.route.origin,
    route: lookup.route.address,
  };
  journey.hop({
    kind: "VPC router",
    name: vpc.address,
    vpcId: vpc.id,
    subnetId: subnet?.id,
    zone: subnet?.zone,
    text: `${tableName(table, how)}: ${lookup.destination} -> ${target}`,
    route: chosen,
    assumptions: lookup.assumptions,
  });
  if (!journey.firstLookup(`${subnet?.id ?? "edge"} ${table.id}`)) {
    return end({
      kind: "loop",
      where: table.address,
      why: `${lookup.route.address ?? table.address} sends the packet to ${target} again`,
    });
  }
  return follow(journey, lookup, vpc, subnet, where);
}

function follow(
  journey: Journey,
  lookup: RouteLookup & { kind: "route" },
  vpc: Vpc,
  from: Subnet | undefined,
  where: string,
): Next {
  const { topology } = journey;
  const { target, address: routeAddress } = lookup.route;
  if (target.kind === "local") return { to: "local", vpc, from };
  if (target.kind === "blackhole") return end({ kind: "dropped", where, why: "the route is a blackhole" });
  if (target.kind === "undetermined") return end({ kind: "cannot determine", where, why: target.why });
  const absent = end({
    kind: "cannot determine",
    where,
    why: `${routeAddress ?? "the route"} leads to ${target.kind} ${target.id}, which is not in the ${topology.source}`,
  });
  switch (target.kind) {
    case "VPC endpoint": {
      const endpoint = byId(topology.endpoints, target.id);
      return endpoint ? { to: "endpoint", endpoint, from } : absent;
    }
    case "internet gateway":
    case "egress-only internet gateway": {
      const gateway = byId(topology.gateways, target.id);
      if (!from) return end({ kind: "dropped", where, why: "an edge route table cannot lead to an internet gateway" });
      return gateway ? { to: "internet gateway", gateway, from } : absent;
    }
    case "NAT gateway": {
      const nat = byId(topology.natGateways, target.id);
      return nat ? { to: "NAT gateway", nat, from } : absent;
    }
    case "transit gateway":
      return from ? { to: "transit gateway", id: target.id, from } : absent;
    case "peering connection":
      return { to: "peering connection", id: target.id, vpc, from };
    case "network interface":
    case "instance": {
      const networkInterface = interfaceOf(topology, target.id);
      return networkInterface ? { to: "forwarding interface", networkInterface, from } : absent;
    }
    case "gateway endpoint":
      journey.hop({
        kind: "gateway endpoint",
        id: target.id,
        name: byId(topology.endpoints, target.id)?.address ?? target.id,
        text: "the gateway endpoint hands the packet to its AWS service",
      });
      return end({ kind: "delivered", where: target.id });
    default:
      journey.hop({
        kind: "other gateway",
        id: target.id,
        name: target.id,
        text: `the packet leaves by ${target.kind} ${target.id}`,
      });
      return end({
        kind: "cannot determine",
        where,
        why: `what is beyond ${target.kind} ${target.id} is not in the ${topology.source}`,
      });
  }
}

function interfaceOf(topology: Topology, id: string): NetworkInterface | undefined {
  return (
    byId(topology.networkInterfaces, id) ??
    topology.networkInterfaces.find((one) => one.ownerId === id && one.deviceIndex === 0)
  );
}

function tableName(table: RouteTable, how: RouteChoice["how"]): string {
  return how === "edge" ? `edge route table ${table.address}` : table.address;
}

/** `VPC endpoint aws_vpc_endpoint.a`: a route's target for people. */
export function describeTarget(topology: Topology, target: RouteTarget): string {
  if (target.kind === "local" || target.kind === "blackhole") return target.kind;
  if (target.kind === "undetermined") return "a target that cannot be determined";
  const { endpoints, gateways, natGateways, transitGateways, peeringConnections, networkInterfaces, instances } =
    topology;
  const parts = [
    ...endpoints,
    ...gateways,
    ...natGateways,
    ...transitGateways,
    ...peeringConnections,
    ...networkInterfaces,
    ...instances,
  ];
  return `${target.kind} ${byId(parts, target.id)?.address ?? target.id}`;
}
