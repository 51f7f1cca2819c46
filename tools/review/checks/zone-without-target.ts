import { targetsOf } from "../../topology/targets";
import { byId } from "../../topology/topology";
import { Check } from "../check";
import { gatewayLoadBalancerEndpoints, subnetOf } from "../inspected-paths";

/** Every zone with an endpoint needs a load balancer subnet and an appliance. */
export const zoneWithoutTarget: Check = {
  id: "zone-without-target",
  severity: "error",
  title: "An endpoint's zone has no appliance",
  why: "A load balancer sends packets to targets of the endpoint's zone only, unless it crosses zones; with none there, every packet of the zone is dropped.",
  fix: "Add the zone's subnet to the load balancer and register an appliance in it.",
  source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html",
  judgesAbsence: true,
  find: ({ topology }) =>
    gatewayLoadBalancerEndpoints(topology).flatMap((endpoint) => {
      const zone = subnetOf(topology, endpoint)?.zone;
      const service = topology.endpointServices.find((one) => one.serviceName === endpoint.serviceName);
      const balancer = topology.loadBalancers.find((one) => service?.loadBalancerArns.includes(one.arn));
      if (!balancer || zone === undefined) return [];
      const zones = balancer.subnetIds.map((id) => byId(topology.subnets, id)?.zone);
      if (zones.includes(undefined)) return [];
      if (!zones.includes(zone))
        return [
          {
            address: balancer.address,
            what: `${endpoint.address} is in ${zone}, where ${balancer.address} has no subnet`,
          },
        ];
      const listener = topology.listeners.find((one) => one.loadBalancerArn === balancer.arn);
      const group = topology.targetGroups.find((one) => listener?.targetGroupArns.includes(one.arn));
      if (!group || group.undeterminedTargets.length > 0) return [];
      const served = targetsOf(topology, group).some(
        (target) => balancer.crossZone || target.zones.includes(zone) || target.zones.length === 0,
      );
      return served
        ? []
        : [
            {
              address: group.address,
              what: `${group.address} has no target in ${zone}, the zone of ${endpoint.address}`,
            },
          ];
    }),
};
