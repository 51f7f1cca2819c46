import { Check } from "../check";

/** Every path that is meant to be inspected works. */
export const pathBroken: Check = {
  id: "path-broken",
  severity: "error",
  title: "Packets do not arrive",
  why: "The walk through the plan's route tables, gateways and filters ends before the destination, or goes round.",
  fix: "Look at the last hop of the walk: it names the route table or filter that has to change.",
  source: "https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html",
  find: ({ walks, shown }) => [
    ...walks.flatMap(({ title, from, roundTrip: { out, back, verdict } }) => {
      const hops = [...out.hops, ...(back?.hops ?? [])];
      const isMeantToBeInspected = hops.some(
        (hop) =>
          hop.kind === "GWLB endpoint" ||
          hop.kind === "transit gateway" ||
          hop.route?.target.startsWith("VPC endpoint"),
      );
      if ((verdict.kind !== "dropped" && verdict.kind !== "loop") || !isMeantToBeInspected) return [];
      const leg = back === undefined ? "on its way out" : "on its way back";
      return [
        {
          address: from,
          what: `${title}: ${verdict.kind === "loop" ? "loops" : "dropped"} ${leg} at ${verdict.where}: ${verdict.why}`,
        },
      ];
    }),
    ...shown.flatMap(({ title, from, judged: { ruling, back, verdict } }) =>
      ruling?.kind === "redirect" && (verdict.kind === "dropped" || verdict.kind === "loop")
        ? [
            {
              address: from,
              what: `${title}: redirected to ${ruling.address}:${ruling.port}, then ${verdict.kind} on its way ${back === undefined ? "there" : "back"} at ${verdict.where}: ${verdict.why}`,
            },
          ]
        : [],
    ),
  ],
};
