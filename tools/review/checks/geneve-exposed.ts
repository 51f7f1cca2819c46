import { Packet, packetAddress } from "../../topology/packet";
import { securityGroupVerdict } from "../../topology/security-group-verdict";
import { byId } from "../../topology/topology";
import { Check } from "../check";
import { healthCheckPort, loadBalancerPairs } from "../load-balancer-pairs";

/** An address from RFC 5737 that stands for anybody. */
const ANYBODY = "203.0.113.200";

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
        ).filter(([protocol, destinationPort]) => {
          const packet: Packet = {
            source: packetAddress(ANYBODY),
            destination: packetAddress(networkInterface.privateIps[0] ?? ""),
            protocol,
            destinationPort,
          };
          return (
            destinationPort !== undefined &&
            securityGroupVerdict(
              topology,
              networkInterface,
              byId(topology.subnets, networkInterface.subnetId),
              "ingress",
              packet,
            ).decision === "allow"
          );
        });
        return open.map(([protocol, port]) => ({
          address: name,
          what: `${protocol.toUpperCase()} ${port ?? ""} of ${name} is open to every address`,
        }));
      }),
    ),
};
