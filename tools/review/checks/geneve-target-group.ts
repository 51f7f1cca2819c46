import { Check } from "../check";
import { loadBalancerPairs } from "../load-balancer-pairs";

/** What a Gateway Load Balancer's listener and target group must be. */
export const geneveTargetGroup: Check = {
  id: "geneve-target-group",
  severity: "error",
  title: "A Gateway Load Balancer with a listener or target group that AWS refuses",
  why: "A gateway listener has neither port nor protocol, and its target group speaks GENEVE on port 6081; both failover settings must be equal.",
  fix: 'Set protocol = "GENEVE" and port = 6081 on the target group, nothing on the listener, and on_deregistration equal to on_unhealthy.',
  source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/target-groups.html",
  find: ({ topology }) =>
    loadBalancerPairs(topology).flatMap(({ balancer, group }) => [
      ...(group.protocol === "GENEVE" && group.port === 6081
        ? []
        : [
            {
              address: group.address,
              what: `${group.address} is ${group.protocol ?? "no protocol"} on port ${group.port ?? "none"}`,
            },
          ]),
      ...(group.failover?.onDeregistration === group.failover?.onUnhealthy
        ? []
        : [
            {
              address: group.address,
              what: `on_deregistration is ${group.failover?.onDeregistration ?? ""}, on_unhealthy ${group.failover?.onUnhealthy ?? ""}`,
            },
          ]),
      ...topology.listeners
        .filter(
          (listener) =>
            listener.loadBalancerArn === balancer.arn &&
            ((listener.port ?? 0) > 0 || (listener.protocol ?? "GENEVE") !== "GENEVE"),
        )
        .map((listener) => ({
          address: listener.address,
          what: `the gateway listener sets ${listener.protocol ?? ""} ${listener.port ?? ""}`,
        })),
    ]),
};
