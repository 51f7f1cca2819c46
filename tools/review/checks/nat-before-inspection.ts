import { Check } from "../check";

/** The appliance should see who sends. */
export const natBeforeInspection: Check = {
  id: "nat-before-inspection",
  severity: "warning",
  title: "Packets are translated before they are inspected",
  why: "Behind a NAT gateway every host has the gateway's address: the appliance can neither tell hosts apart nor match rules on them.",
  fix: "Route hosts to the endpoint first and the endpoint's subnet to the NAT gateway.",
  source: "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-scenarios.html",
  find: ({ walks }) =>
    walks
      .filter(({ direction }) => direction === "outbound")
      .flatMap(({ title, from, roundTrip: { out } }) => {
        const nat = out.hops.findIndex((hop) => hop.kind === "NAT gateway");
        const endpoint = out.hops.findIndex((hop) => hop.kind === "GWLB endpoint");
        if (nat < 0 || endpoint < 0 || nat > endpoint) return [];
        return [
          {
            address: out.hops[nat]?.name ?? from,
            what: `${title}: ${out.hops[nat]?.name ?? ""} translates the source before ${out.hops[endpoint]?.name ?? ""} inspects it`,
          },
        ];
      }),
};
