import { Check } from "../check";
import { endpointOfRoute, tableOf } from "../inspected-paths";

/** IPv6 must not leave beside the appliance. */
export const ipv6BypassesInspection: Check = {
  id: "ipv6-bypasses-inspection",
  severity: "error",
  title: "IPv6 leaves uninspected",
  why: "IPv4 of the subnet goes to an endpoint while its IPv6 default route leads elsewhere: a host with an IPv6 address bypasses the appliance, and most software prefers IPv6.",
  fix: "Send ::/0 of the subnet to the same endpoint, on a service that supports IPv6, or give the subnet no IPv6 block.",
  source: "https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html",
  find: ({ topology }) =>
    topology.subnets.flatMap((subnet) => {
      const table = tableOf(topology, subnet);
      const inspected = table?.routes.some(
        (route) => route.destination === "0.0.0.0/0" && endpointOfRoute(topology, route),
      );
      const bypass = table?.routes.find(
        (route) =>
          route.destination === "::/0" &&
          !endpointOfRoute(topology, route) &&
          /internet gateway/.test(route.target.kind),
      );
      if (!inspected || !bypass || subnet.ipv6Cidr === undefined) return [];
      return [
        {
          address: bypass.address ?? subnet.address,
          what: `${subnet.address} sends ::/0 to an ${bypass.target.kind}, 0.0.0.0/0 to an endpoint`,
        },
      ];
    }),
};
