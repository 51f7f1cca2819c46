import { Check } from "../check";
import { endpointOfRoute, gatewayLoadBalancerEndpoints, subnetOf, tableOf } from "../inspected-paths";

/** What comes out of an endpoint must not go back in. */
export const endpointSubnetRoutesToItself: Check = {
  id: "endpoint-subnet-routes-to-itself",
  severity: "error",
  title: "An endpoint's subnet routes back to the endpoint",
  why: "Inspected packets come out into the endpoint's subnet and take its route table: a route to the same endpoint sends them around for ever.",
  fix: "Give endpoint subnets their own route table that leads on: to the internet gateway, a NAT gateway or the transit gateway.",
  source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/getting-started.html",
  find: ({ topology }) =>
    gatewayLoadBalancerEndpoints(topology).flatMap((endpoint) => {
      const subnet = subnetOf(topology, endpoint);
      const routes = (subnet && tableOf(topology, subnet)?.routes) ?? [];
      return routes
        .filter((route) => endpointOfRoute(topology, route)?.id === endpoint.id)
        .map((route) => ({
          address: route.address ?? endpoint.address,
          what: `${subnet?.address ?? ""} holds ${endpoint.address} and sends ${route.destination ?? ""} to it`,
        }));
    }),
};
