import { Check } from "../check";
import { gatewayLoadBalancerEndpoints } from "../inspected-paths";

/** A GWLB endpoint has one subnet. */
export const endpointOneSubnet: Check = {
  id: "endpoint-one-subnet",
  severity: "error",
  title: "A Gateway Load Balancer endpoint has several subnets",
  why: "AWS refuses it: such an endpoint is in one subnet of one zone.",
  fix: "Create one endpoint in each zone.",
  source: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html",
  find: ({ topology }) =>
    gatewayLoadBalancerEndpoints(topology)
      .filter((endpoint) => endpoint.subnetIds.length > 1)
      .map((endpoint) => ({
        address: endpoint.address,
        what: `${endpoint.address} has ${endpoint.subnetIds.length} subnets`,
      })),
};
