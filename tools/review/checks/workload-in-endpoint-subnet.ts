import { Check } from "../check";
import { gatewayLoadBalancerEndpoints, subnetOf } from "../inspected-paths";

/** Hosts and endpoints live in different subnets. */
export const workloadInEndpointSubnet: Check = {
  id: "workload-in-endpoint-subnet",
  severity: "error",
  title: "A host shares the endpoint's subnet",
  why: "A subnet has one route table: the endpoint's leads past the endpoint, so packets of hosts in the same subnet are never inspected.",
  fix: "Move the host to a subnet of its own, whose default route is the endpoint.",
  source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/getting-started.html",
  find: ({ topology }) =>
    gatewayLoadBalancerEndpoints(topology).flatMap((endpoint) => {
      const subnet = subnetOf(topology, endpoint);
      const hosts = topology.networkInterfaces.filter(
        (one) => one.subnetId === subnet?.id && (one.kind === "instance" || one.kind === "network interface"),
      );
      return hosts.map((host) => ({
        address: host.address,
        what: `${host.address} is in ${subnet?.address ?? ""}, the subnet of ${endpoint.address}`,
      }));
    }),
};
