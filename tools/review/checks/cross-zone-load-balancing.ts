import { Check } from "../check";

/** Zonal endpoints go with zonal load balancing. */
export const crossZoneLoadBalancing: Check = {
  id: "cross-zone-load-balancing",
  severity: "warning",
  title: "A Gateway Load Balancer crosses zones",
  why: "Endpoints are zonal so that a zone fails alone; with cross-zone load balancing a flow may be inspected in any zone, depends on both, and every byte between zones is billed, twice for each packet.",
  fix: "Leave enable_cross_zone_load_balancing off and register appliances in every zone that has an endpoint.",
  source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html",
  find: ({ topology }) =>
    topology.loadBalancers
      .filter((balancer) => balancer.kind === "gateway" && balancer.crossZone && balancer.subnetIds.length > 1)
      .map((balancer) => ({ address: balancer.address, what: `${balancer.address} has cross-zone load balancing on` })),
};
