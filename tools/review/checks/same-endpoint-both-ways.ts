import { Check } from "../check";

/** The reply must meet the endpoint that saw the request. */
export const sameEndpointBothWays: Check = {
  id: "same-endpoint-both-ways",
  severity: "error",
  title: "The way back misses the endpoint of the way out",
  why: "An appliance that sees half a flow drops it or cannot inspect it: the load balancer knows flows per endpoint, and a reply that arrives by another endpoint, or by none, belongs to no flow it has sent.",
  fix: "Send the way back (edge route table, NAT subnet, transit gateway attachment subnet) for each subnet to the endpoint of that subnet's zone.",
  source: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-load-balancer-endpoints.html",
  find: ({ walks }) =>
    walks.flatMap(({ title, from, roundTrip: { verdict } }) =>
      verdict.kind === "asymmetric" ? [{ address: from, what: `${title}: ${verdict.why}` }] : [],
    ),
};
