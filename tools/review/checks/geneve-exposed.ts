import { Packet, packetAddress } from "../../topology/packet";
import { securityGroupVerdict } from "../../topology/security-group-verdict";
import { byId } from "../../topology/topology";
import { Check } from "../check";
import { healthCheckPort, loadBalancerPairs } from "../load-balancer-pairs";

/** Addresses that stand for anybody, one from each quarter of IPv4: half of the internet let in is found too. Nothing is sent there. */
const ANYBODY = ["5.0.0.1", "70.0.0.1", "130.0.0.1", "203.0.113.200"].map((address) => packetAddress(address));

/** GENEVE and the health port are the load balancer's alone. */
export const geneveExposed: Check = {
  id: "geneve-exposed",
  severity: "warning",
  title: "Anybody may send GENEVE or probes to the appliance",
  why: "Whoever reaches UDP 6081 can have packets of his own unwrapped and forwarded with any source address; whoever reaches the health port learns the appliance's state.",
  fix: "Allow UDP 6081 and the health check's port from the load balancer's subnets only.",
  source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/target-groups.html",
  find: ({ topology }) =>
    loadBalancerPairs(topology).flatMap(({ group, targets }) =>
      targets.flatMap(({ target: { name, networkInterface } }) => {
        if (!networkInterface) return [];
        const open = (
          [
            ["udp", 6081],
            ["tcp", healthCheckPort(group)],
          ] as const
        ).filter(
          ([protocol, destinationPort]) =>
            destinationPort !== undefined &&
            ANYBODY.some((source) => {
              const destination = packetAddress(networkInterface.privateIps[0] ?? "");
              const packet: Packet = { source, destination, protocol, destinationPort };
              const subnet = byId(topology.subnets, networkInterface.subnetId);
              return securityGroupVerdict(topology, networkInterface, subnet, "ingress", packet).decision === "allow";
            }),
        );
        return open.map(([protocol, port]) => ({
          address: name,
          what: `${protocol.toUpperCase()} ${port ?? ""} of ${name} is open to the internet`,
        }));
      }),
    ),
};
