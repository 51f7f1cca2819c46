import { describeTarget } from "../topology/steps/router";
import { parsePrefix, covers, addressAt } from "../topology/prefix";
import { lookUpRoute } from "../topology/look-up-route";
import { routeTableOfSubnet } from "../topology/route-table-of";
import { applianceIds } from "../topology/targets";
import { byId, NetworkInterface, Route, RouteTable, Subnet, Topology, VpcEndpoint } from "../topology/topology";

/** Endpoints of Gateway Load Balancers. */
export function gatewayLoadBalancerEndpoints(topology: Topology): readonly VpcEndpoint[] {
  return topology.endpoints.filter((one) => one.kind === "GatewayLoadBalancer");
}

/** The subnet of an endpoint. */
export function subnetOf(topology: Topology, endpoint: VpcEndpoint): Subnet | undefined {
  return byId(topology.subnets, endpoint.subnetIds[0]);
}

/** The endpoint that a route leads to, by its id or by its network interface. */
export function endpointOfRoute(topology: Topology, route: Route): VpcEndpoint | undefined {
  if (!("id" in route.target)) return undefined;
  const { id } = route.target;
  const owner = byId(topology.networkInterfaces, id)?.ownerId;
  return gatewayLoadBalancerEndpoints(topology).find((one) => one.id === id || one.id === owner);
}

/** The route table of a subnet, where it can be determined. */
export function tableOf(topology: Topology, subnet: Subnet): RouteTable | undefined {
  const choice = routeTableOfSubnet(topology, subnet);
  return choice.kind === "table" ? choice.table : undefined;
}

/** Where packets for `cidr` go from a table, judged by its lowest and highest addresses: a route's target, for people and as an endpoint. */
export function leadsTo(
  topology: Topology,
  table: RouteTable,
  cidr: string,
): { readonly endpoints: readonly (VpcEndpoint | undefined)[]; readonly text: string } {
  const prefix = parsePrefix(cidr);
  if (!prefix) return { endpoints: [], text: "nowhere" };
  const size = 1n << BigInt((prefix.family === "ipv4" ? 32 : 128) - prefix.length);
  const inside = table.routes.flatMap((route) => {
    const own = parsePrefix(route.destination ?? "");
    return own && covers(prefix, own) ? [addressAt(own, 0n)] : [];
  });
  const lookups = [addressAt(prefix, 0n), addressAt(prefix, size - 1n), ...inside].map((address) =>
    lookUpRoute(topology, table, address),
  );
  const endpoints = lookups.map((lookup) =>
    lookup.kind === "route" ? endpointOfRoute(topology, lookup.route) : undefined,
  );
  const texts = lookups.map((lookup) =>
    lookup.kind === "route"
      ? describeTarget(topology, lookup.route.target)
      : lookup.kind === "none"
        ? "no route"
        : lookup.why,
  );
  return { endpoints, text: [...new Set(texts)].join(", ") };
}

/** Subnets that hold something of the network's own: endpoints, transit gateway attachments, NAT gateways, load balancers. */
export function isTransitSubnet(topology: Topology, subnet: Subnet): boolean {
  return (
    topology.endpoints.some((one) => one.kind === "GatewayLoadBalancer" && one.subnetIds.includes(subnet.id)) ||
    topology.transitGatewayAttachments.some((one) => one.subnetIds.includes(subnet.id)) ||
    topology.natGateways.some((one) => one.subnetId === subnet.id) ||
    topology.loadBalancers.some((one) => one.kind === "gateway" && one.subnetIds.includes(subnet.id))
  );
}

/** Interfaces of instances that are neither appliances nor next hops of routes. */
export function workloads(topology: Topology): readonly NetworkInterface[] {
  const appliances = applianceIds(topology);
  const nextHops = new Set(
    topology.routeTables.flatMap((table) =>
      table.routes.flatMap((route) => ("id" in route.target ? [route.target.id] : [])),
    ),
  );
  return topology.networkInterfaces.filter(
    (one) =>
      one.kind === "instance" &&
      one.deviceIndex === 0 &&
      !appliances.has(one.ownerId ?? "") &&
      !one.privateIps.some((address) => appliances.has(address)) &&
      !nextHops.has(one.id) &&
      !nextHops.has(one.ownerId ?? ""),
  );
}

/** VPCs whose traffic is to be inspected: with an endpoint, or attached to a transit gateway that a VPC with endpoints shares. */
export function inspectedVpcIds(topology: Topology): ReadonlySet<string> {
  const direct = new Set(gatewayLoadBalancerEndpoints(topology).map((one) => one.vpcId));
  const hubs = new Set(
    topology.transitGatewayAttachments.filter((one) => direct.has(one.vpcId ?? "")).map((one) => one.transitGatewayId),
  );
  const spokes = topology.transitGatewayAttachments
    .filter((one) => hubs.has(one.transitGatewayId))
    .flatMap((one) => one.vpcId ?? []);
  return new Set([...direct, ...spokes]);
}
