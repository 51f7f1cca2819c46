import { byId } from "../../topology/topology";
import { Check } from "../check";
import { endpointOfRoute, subnetOf, tableOf } from "../inspected-paths";

/** A subnet is inspected in its own zone. */
export const endpointOfOwnZone: Check = {
  id: "endpoint-of-own-zone",
  severity: "warning",
  title: "A subnet is inspected in another zone",
  why: "Its packets depend on two zones instead of one, and AWS bills every byte that crosses between zones.",
  fix: "Create an endpoint in the subnet's zone and route the subnet to that one.",
  source: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html",
  find: ({ topology }) =>
    topology.subnets.flatMap((subnet) =>
      (tableOf(topology, subnet)?.routes ?? []).flatMap((route) => {
        const endpoint = endpointOfRoute(topology, route);
        const zone = endpoint && byId(topology.subnets, subnetOf(topology, endpoint)?.id)?.zone;
        if (!endpoint || zone === undefined || subnet.zone === undefined || zone === subnet.zone) return [];
        return [
          {
            address: route.address ?? subnet.address,
            what: `${subnet.address} in ${subnet.zone} is routed to ${endpoint.address} in ${zone}`,
          },
        ];
      }),
    ),
};
