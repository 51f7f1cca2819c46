import { byId } from "../../topology/topology";
import { Check } from "../check";
import { endpointOfRoute } from "../inspected-paths";

/** An endpoint, its subnet and the tables that lead to it are in one VPC. */
export const endpointInOtherVpc: Check = {
  id: "endpoint-in-other-vpc",
  severity: "error",
  title: "An endpoint's subnet or route is in another VPC",
  why: "AWS refuses an endpoint in another VPC's subnet, and a route to another VPC's endpoint, after half of the plan has been applied.",
  fix: "Create the endpoint in a subnet of the VPC whose route tables lead to it.",
  source: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html",
  find: ({ topology }) => [
    ...topology.endpoints.flatMap((endpoint) =>
      endpoint.subnetIds.flatMap((id) => {
        const subnet = byId(topology.subnets, id);
        if (!subnet || subnet.vpcId === endpoint.vpcId || endpoint.vpcId === "" || subnet.vpcId === "") return [];
        return [
          {
            address: endpoint.address,
            what: `${subnet.address} is in ${byId(topology.vpcs, subnet.vpcId)?.address ?? subnet.vpcId}, the endpoint in ${byId(topology.vpcs, endpoint.vpcId)?.address ?? endpoint.vpcId}`,
          },
        ];
      }),
    ),
    ...topology.routeTables.flatMap((table) =>
      table.routes.flatMap((route) => {
        const endpoint = endpointOfRoute(topology, route);
        if (!endpoint || table.vpcId === undefined || endpoint.vpcId === table.vpcId || endpoint.vpcId === "")
          return [];
        return [
          {
            address: route.address ?? table.address,
            what: `${table.address} is in ${byId(topology.vpcs, table.vpcId)?.address ?? table.vpcId}, ${endpoint.address} in ${byId(topology.vpcs, endpoint.vpcId)?.address ?? endpoint.vpcId}`,
          },
        ];
      }),
    ),
  ],
};
