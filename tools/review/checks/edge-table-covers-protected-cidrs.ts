import { routeTableOfGateway } from "../../topology/route-table-of";
import { Topology } from "../../topology/topology";
import { Check, Discovery } from "../check";
import { endpointOfRoute, leadsTo, tableOf } from "../inspected-paths";

/** What leaves through an endpoint must come back through it: the edge table names every such subnet. */
export const edgeTableCoversProtectedCidrs: Check = {
  id: "edge-table-covers-protected-cidrs",
  severity: "error",
  title: "The edge route table leaves out a protected subnet",
  why: "Without a route in the internet gateway's route table, packets from the internet take the local route straight to the host and are not inspected, for IPv4 and IPv6 separately.",
  fix: "Associate a route table with the internet gateway and give it a route to the zone's endpoint for every CIDR block of every protected subnet.",
  source: "https://docs.aws.amazon.com/vpc/latest/userguide/gateway-route-tables.html",
  judgesAbsence: true,
  find: ({ topology }) => protectedBlocks(topology).flatMap((block) => uncovered(topology, block)),
};

interface ProtectedBlock {
  readonly vpcId: string;
  readonly subnet: string;
  readonly cidr: string;
}

/** Blocks of subnets whose default route of that family is an endpoint, while another subnet leads on to an internet gateway. */
function protectedBlocks(topology: Topology): readonly ProtectedBlock[] {
  return topology.subnets.flatMap((subnet) => {
    const table = tableOf(topology, subnet);
    const inspected = (everything: string) =>
      table?.routes.some((route) => route.destination === everything && endpointOfRoute(topology, route) !== undefined);
    return [
      ...(subnet.ipv4Cidr !== undefined && inspected("0.0.0.0/0") ? [subnet.ipv4Cidr] : []),
      ...(subnet.ipv6Cidr !== undefined && (inspected("::/0") || inspected("0.0.0.0/0")) ? [subnet.ipv6Cidr] : []),
    ]
      .filter((cidr) => reachesInternet(topology, subnet.vpcId, cidr.includes(":") ? "::/0" : "0.0.0.0/0"))
      .filter(() => !topology.natGateways.some((nat) => nat.subnetId === subnet.id))
      .map((cidr) => ({ vpcId: subnet.vpcId, subnet: subnet.address, cidr }));
  });
}

function reachesInternet(topology: Topology, vpcId: string, everything: string): boolean {
  const endpointSubnets = topology.subnets.filter(
    (subnet) =>
      subnet.vpcId === vpcId &&
      topology.endpoints.some((one) => one.kind === "GatewayLoadBalancer" && one.subnetIds.includes(subnet.id)),
  );
  return endpointSubnets.some((subnet) =>
    tableOf(topology, subnet)?.routes.some(
      (route) => route.destination === everything && route.target.kind === "internet gateway",
    ),
  );
}

function uncovered(topology: Topology, { vpcId, subnet, cidr }: ProtectedBlock): readonly Discovery[] {
  return topology.gateways
    .filter((gateway) => gateway.kind === "internet gateway" && gateway.vpcId === vpcId)
    .flatMap((gateway) => {
      const choice = routeTableOfGateway(topology, gateway);
      if (choice.kind === "undetermined") return [];
      if (choice.kind === "none")
        return [
          {
            address: gateway.address,
            what: `${gateway.address} has no route table, so ${cidr} of ${subnet} comes in uninspected`,
          },
        ];
      const { endpoints, text } = leadsTo(topology, choice.table, cidr);
      if (endpoints.every((endpoint) => endpoint !== undefined)) return [];
      return [{ address: choice.table.address, what: `${choice.table.address} sends ${cidr} of ${subnet} to ${text}` }];
    });
}
