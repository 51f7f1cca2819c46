import { Check } from "../check";
import { loadBalancerPairs } from "../load-balancer-pairs";

/** A health check should fail when the appliance does not forward. */
export const healthCheckProvesNothing: Check = {
  id: "health-check-proves-nothing",
  severity: "warning",
  title: "The health check proves only that a port is open",
  why: "A TCP probe is answered by any process that listens, also when nothing forwards packets: the load balancer keeps sending flows into a hole.",
  fix: "Probe HTTP on a path that answers 200 only while the data path works, such as /readyz on port 8080.",
  source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/health-checks.html",
  find: ({ topology }) =>
    loadBalancerPairs(topology).flatMap(({ group }) => {
      if (group.healthCheck?.enabled === false) return [{ address: group.address, what: "health checks are off" }];
      const protocol = group.healthCheck?.protocol.toUpperCase() ?? "TCP";
      return protocol === "TCP"
        ? [
            {
              address: group.address,
              what: `${group.address} probes TCP port ${group.healthCheck?.port ?? "traffic-port"}`,
            },
          ]
        : [];
    }),
};
