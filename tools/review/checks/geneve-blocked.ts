import { sourceSubnetVerdict } from "../../topology/steps/endpoint";
import { Check } from "../check";
import { loadBalancerPairs } from "../load-balancer-pairs";

/** GENEVE must reach the appliance. */
export const geneveBlocked: Check = {
  id: "geneve-blocked",
  severity: "error",
  title: "The appliance's security groups block GENEVE",
  why: "Every packet to inspect arrives in UDP 6081 from the load balancer's addresses in its subnets; blocked, they all vanish.",
  fix: "Allow UDP 6081 from the CIDR blocks of the load balancer's subnets.",
  source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/target-groups.html",
  judgesAbsence: true,
  find: ({ topology }) =>
    loadBalancerPairs(topology).flatMap(({ targets }) =>
      targets.flatMap(({ target, sources }) =>
        sources.flatMap((source) => {
          if (!target.networkInterface) return [];
          const verdict = sourceSubnetVerdict(topology, target.networkInterface, source, "udp", 6081);
          return verdict.decision === "deny" ? [{ address: target.name, what: `${verdict.name}: ${verdict.why}` }] : [];
        }),
      ),
    ),
};
