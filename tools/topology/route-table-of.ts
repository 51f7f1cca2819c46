import { byId, Gateway, isExisting, RouteTable, Subnet, Topology } from "./topology";

/** A route table, or that there is none, or why it cannot be said which. */
export type RouteTableChoice =
  | { readonly kind: "table"; readonly table: RouteTable; readonly how: "associated" | "main" }
  | { readonly kind: "none" }
  | { readonly kind: "undetermined"; readonly why: string };

/** The route table that a subnet uses: the associated one, else its VPC's main route table. */
export function routeTableOfSubnet(topology: Topology, subnet: Subnet): RouteTableChoice {
  const association = topology.associations.find((one) => one.subnetId === subnet.id);
  if (association) return associated(topology, association.routeTableId, association.address);
  const stray = topology.associations.find((one) => one.subnetId === undefined && one.gatewayId === undefined);
  if (stray)
    return { kind: "undetermined", why: `${stray.address} may associate ${subnet.address} with a route table` };
  if (isExisting(subnet)) {
    return {
      kind: "undetermined",
      why: `${subnet.address} exists already, with a route table that is not in the ${topology.source}`,
    };
  }
  const vpc = byId(topology.vpcs, subnet.vpcId);
  if (vpc && isExisting(vpc)) {
    return {
      kind: "undetermined",
      why: `${vpc.address} exists already, with a main route table that is not in the ${topology.source}`,
    };
  }
  if (!vpc)
    return { kind: "undetermined", why: `the VPC ${subnet.vpcId || "of the subnet"} is not in the ${topology.source}` };
  const table = byId(topology.routeTables, vpc.mainRouteTableId);
  return table
    ? { kind: "table", table, how: "main" }
    : { kind: "undetermined", why: `the main route table of ${vpc.address} is not in the ${topology.source}` };
}

/** The edge route table of a gateway; without one, packets that come in take the VPC's local routes. */
export function routeTableOfGateway(topology: Topology, gateway: Gateway): RouteTableChoice {
  const association = topology.associations.find((one) => one.gatewayId === gateway.id);
  if (association) return associated(topology, association.routeTableId, association.address);
  const stray = topology.associations.find((one) => one.subnetId === undefined && one.gatewayId === undefined);
  if (stray)
    return { kind: "undetermined", why: `${stray.address} may associate ${gateway.address} with a route table` };
  if (isExisting(gateway)) {
    return { kind: "undetermined", why: `${gateway.address} exists already, with or without a route table` };
  }
  return { kind: "none" };
}

function associated(topology: Topology, id: string | undefined, address: string): RouteTableChoice {
  const table = byId(topology.routeTables, id);
  return table
    ? { kind: "table", table, how: "associated" }
    : { kind: "undetermined", why: `${address} names a route table that is not in the ${topology.source}` };
}
