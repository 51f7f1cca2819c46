import { Resource, blocks, text, texts } from "../resource";
import { Route, RouteTable, RouteTableAssociation, RouteTarget, RouteTargetKind, Vpc, VpcEndpoint } from "../topology";
import { partOf, Resources, whyUndetermined } from "./resources";

type Values = Readonly<Record<string, unknown>>;

/** Arguments of `aws_route` and of a table's inline `route` that name a target. */
const TARGETS: readonly (readonly [string, RouteTargetKind])[] = [
  ["vpc_endpoint_id", "VPC endpoint"],
  ["nat_gateway_id", "NAT gateway"],
  ["transit_gateway_id", "transit gateway"],
  ["vpc_peering_connection_id", "peering connection"],
  ["network_interface_id", "network interface"],
  ["instance_id", "instance"],
  ["egress_only_gateway_id", "egress-only internet gateway"],
  ["carrier_gateway_id", "carrier gateway"],
  ["local_gateway_id", "local gateway"],
  ["core_network_arn", "core network"],
];

const DESTINATIONS = [
  "destination_cidr_block",
  "destination_ipv6_cidr_block",
  "cidr_block",
  "ipv6_cidr_block",
  "destination_prefix_list_id",
];

/** Route tables with inline, separate, gateway endpoint and VPN routes, and routes whose table cannot be determined. */
export function readRouteTables(
  resources: Resources,
  vpcs: readonly Vpc[],
  endpoints: readonly VpcEndpoint[],
): { readonly routeTables: readonly RouteTable[]; readonly strayRoutes: readonly Route[] } {
  const separate = resources.ofType("aws_route").map((resource) => ({
    table: text(resource.values, "route_table_id"),
    route: routeOf(resource.values, resource, ""),
  }));
  const tables = resources.ofType("aws_route_table", "aws_default_route_table").map((resource) => {
    const isDefault = resource.type === "aws_default_route_table";
    const part = partOf(resource);
    const id = (isDefault ? text(resource.values, "default_route_table_id") : undefined) ?? part.id;
    const vpc = vpcs.find((one) => one.mainRouteTableId === id);
    return { ...part, id, vpcId: text(resource.values, "vpc_id") ?? vpc?.id, ...inlineRoutes(resources, resource, id) };
  });
  const implicit = vpcs
    .filter((vpc) => vpc.mainRouteTableId !== undefined && !tables.some((table) => table.id === vpc.mainRouteTableId))
    .map((vpc) => ({
      id: vpc.mainRouteTableId ?? "",
      address: `main route table of ${vpc.address}`,
      tags: {},
      vpcId: vpc.id,
      routes: [] as Route[],
      propagatingVgws: [] as string[],
    }));
  const routeTables = [...tables, ...implicit].map((table) => ({
    ...table,
    routes: [
      ...table.routes,
      ...separate.filter((one) => one.table === table.id).map((one) => one.route),
      ...gatewayEndpointRoutes(resources, endpoints, table.id),
      ...table.propagatingVgws.flatMap((vgw) => vpnRoutes(resources, vgw)),
    ],
  }));
  return { routeTables, strayRoutes: separate.filter((one) => one.table === undefined).map((one) => one.route) };
}

/** Which route table each subnet and gateway uses; a table that exists already tells it itself. */
export function readAssociations(resources: Resources): readonly RouteTableAssociation[] {
  const separate = resources
    .ofType("aws_route_table_association")
    .map((resource) => associationOf(resource.values, resource.address));
  const existing = resources
    .ofType("aws_route_table")
    .flatMap(({ address, values }) => blocks(values, "associations").map((block) => associationOf(block, address)))
    .filter(({ subnetId, gatewayId }) => (subnetId ?? gatewayId) !== undefined);
  return [...separate, ...existing];
}

function associationOf(values: Values, address: string): RouteTableAssociation {
  return {
    address,
    subnetId: text(values, "subnet_id"),
    gatewayId: text(values, "gateway_id"),
    routeTableId: text(values, "route_table_id"),
  };
}

function inlineRoutes(resources: Resources, table: Resource, id: string) {
  // `routes` are those that a data source found.
  const found = [...blocks(table.values, "route"), ...blocks(table.values, "routes")];
  const routes = found.map((block, i) => routeOf(block, table, `route[${i}].`));
  const why = whyUndetermined(table, "route");
  if (why !== undefined && routes.length === 0) {
    routes.push({ target: { kind: "undetermined", why }, origin: "static", address: table.address });
  }
  const propagations = resources
    .ofType("aws_vpn_gateway_route_propagation")
    .filter((one) => text(one.values, "route_table_id") === id)
    .flatMap((one) => text(one.values, "vpn_gateway_id") ?? []);
  return { routes, propagatingVgws: [...texts(table.values, "propagating_vgws"), ...propagations] };
}

function routeOf(values: Values, resource: Resource, path: string): Route {
  const destination = DESTINATIONS.map((name) => text(values, name)).find((value) => value !== undefined);
  return { destination, target: targetOf(values, resource, path), origin: "static", address: resource.address };
}

function targetOf(values: Values, resource: Resource, path: string): RouteTarget {
  const gateway = text(values, "gateway_id");
  if (gateway === "local") return { kind: "local" };
  if (gateway !== undefined && gateway !== "") return { kind: gatewayKind(gateway), id: gateway };
  for (const [name, kind] of TARGETS) {
    const id = text(values, name);
    if (id !== undefined) return { kind, id };
  }
  for (const name of ["gateway_id", ...TARGETS.map(([target]) => target)]) {
    const why =
      whyUndetermined(resource, `${path}${name}`) ?? (path === "" ? undefined : whyUndetermined(resource, "route"));
    if (why !== undefined) return { kind: "undetermined", why };
  }
  return { kind: "undetermined", why: `${resource.address} names no target` };
}

function gatewayKind(id: string): RouteTargetKind {
  if (/^(vgw-|<.*aws_vpn_gateway\.)/.test(id)) return "virtual private gateway";
  if (/^(vpce-|<.*aws_vpc_endpoint\.)/.test(id)) return "VPC endpoint";
  if (/^(cagw-|<.*aws_ec2_carrier_gateway\.)/.test(id)) return "carrier gateway";
  return "internet gateway";
}

/** A gateway endpoint puts its service's prefix list into each table that it names. */
function gatewayEndpointRoutes(
  resources: Resources,
  endpoints: readonly VpcEndpoint[],
  tableId: string,
): readonly Route[] {
  const separately = resources
    .ofType("aws_vpc_endpoint_route_table_association")
    .filter((one) => text(one.values, "route_table_id") === tableId)
    .map((one) => text(one.values, "vpc_endpoint_id"));
  return endpoints
    .filter((endpoint) => endpoint.kind === "Gateway")
    .filter((endpoint) => endpoint.routeTableIds.includes(tableId) || separately.includes(endpoint.id))
    .map((endpoint) => ({
      destination: `prefix list of ${endpoint.serviceName ?? endpoint.address}`,
      target: { kind: "gateway endpoint", id: endpoint.id },
      origin: "static",
      address: endpoint.address,
    }));
}

function vpnRoutes(resources: Resources, vgw: string): readonly Route[] {
  const connections = resources
    .ofType("aws_vpn_connection")
    .filter((one) => text(one.values, "vpn_gateway_id") === vgw);
  const ids = connections.map((one) => partOf(one).id);
  return resources
    .ofType("aws_vpn_connection_route")
    .filter((one) => ids.includes(text(one.values, "vpn_connection_id") ?? ""))
    .map((one) => ({
      destination: text(one.values, "destination_cidr_block"),
      target: { kind: "virtual private gateway", id: vgw },
      origin: "propagated",
      address: one.address,
    }));
}
