import { Check } from "../check";

/** Nobody bypasses the appliance by accident. */
export const pathUninspected: Check = {
  id: "path-uninspected",
  severity: "warning",
  title: "A host reaches the internet uninspected",
  why: "The VPC has a Gateway Load Balancer endpoint, but this path crosses none.",
  fix: "Send the subnet's default route to the endpoint of its zone; suppress this where the bypass is meant, with the reason.",
  source: "https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html",
  find: ({ walks }) =>
    walks.flatMap(({ title, from, to, direction, roundTrip: { out, back, verdict } }) => {
      if (
        direction === "east-west" ||
        verdict.kind !== "delivered" ||
        out.endpoints.length > 0 ||
        (back?.endpoints.length ?? 0) > 0
      )
        return [];
      return [{ address: direction === "inbound" ? to : from, what: `${title}: crosses no endpoint` }];
    }),
};
