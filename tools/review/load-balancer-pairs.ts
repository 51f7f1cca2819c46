import { Target, targetsOf } from "../topology/targets";
import { byId, LoadBalancer, Subnet, TargetGroup, Topology } from "../topology/topology";

/** A Gateway Load Balancer with one of its target groups, and the targets with the subnets whose addresses reach each. */
export interface LoadBalancerPair {
  readonly balancer: LoadBalancer;
  readonly group: TargetGroup;
  readonly targets: readonly { readonly target: Target; readonly sources: readonly Subnet[] }[];
}

/** Every Gateway Load Balancer with the target groups of its listeners. */
export function loadBalancerPairs(topology: Topology): readonly LoadBalancerPair[] {
  return topology.loadBalancers
    .filter((balancer) => balancer.kind === "gateway")
    .flatMap((balancer) => {
      const arns = topology.listeners
        .filter((one) => one.loadBalancerArn === balancer.arn)
        .flatMap((one) => one.targetGroupArns);
      const subnets = balancer.subnetIds.flatMap((id) => byId(topology.subnets, id) ?? []);
      return topology.targetGroups
        .filter((group) => arns.includes(group.arn))
        .map((group) => ({
          balancer,
          group,
          targets: targetsOf(topology, group).map((target) => ({
            target,
            sources: subnets.filter(
              (subnet) => balancer.crossZone || subnet.zone === undefined || target.zones.includes(subnet.zone),
            ),
          })),
        }));
    });
}

/** The port that health checks use. */
export function healthCheckPort(group: TargetGroup): number | undefined {
  const port = group.healthCheck?.port ?? "traffic-port";
  return port === "traffic-port" ? (group.port ?? 6081) : Number(port) || undefined;
}
