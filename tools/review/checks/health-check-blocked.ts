import { sourceSubnetVerdict } from "../../topology/steps/endpoint";
import { Check } from "../check";
import { healthCheckPort, loadBalancerPairs } from "../load-balancer-pairs";

/** Health checks must reach the appliance. */
export const healthCheckBlocked: Check = {
  id: "health-check-blocked",
  severity: "error",
  title: "The appliance's security groups block health checks",
  why: "Probes come from the load balancer's addresses in its subnets; a target that never answers is unhealthy and gets no new flows.",
  fix: "Allow TCP to the health check's port from the CIDR blocks of the load balancer's subnets.",
  source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/health-checks.html",
  judgesAbsence: true,
  find: ({ topology }) =>
    loadBalancerPairs(topology).flatMap(({ group, targets }) =>
      targets.flatMap(({ target, sources }) =>
        sources.flatMap((source) => {
          const port = healthCheckPort(group);
          if (!target.networkInterface || port === undefined || group.healthCheck?.enabled === false) return [];
          const verdict = sourceSubnetVerdict(topology, target.networkInterface, source, "tcp", port);
          return verdict.decision === "deny" ? [{ address: target.name, what: `${verdict.name}: ${verdict.why}` }] : [];
        }),
      ),
    ),
};
