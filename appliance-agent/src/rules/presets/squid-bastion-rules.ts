import { cidrsOf } from "../cidr";
import { Rule } from "../rule";
import { SquidBastionSettings } from "./squid-bastion";

/**
 * What the kernel's rule list drops before a packet is decapsulated: cheaper than iptables, counted by name, and
 * `explain` knows it.
 *
 * QUIC is dropped rather than rejected: a load balancer takes back packets of flows that it has sent, and an ICMP error
 * is none of them.
 */
export function squidBastionRules(settings: SquidBastionSettings): Rule[] {
  return (["ipv4", "ipv6"] as const).flatMap((family) => {
    const clients = cidrsOf(family, settings.clientCidrs);
    if (clients.length === 0) return [];
    const inbound: Rule = {
      name: `drop-inbound-${family}`,
      match: { protocol: "tcp", destination: clients, destinationPorts: [...settings.blockedInboundPorts] },
      action: "drop",
    };
    const quic: Rule = {
      name: `drop-quic-${family}`,
      match: { protocol: "udp", source: clients, destinationPorts: [443] },
      action: "drop",
    };
    return [
      ...(settings.blockedInboundPorts.length === 0 ? [] : [inbound]),
      ...(settings.quic === "drop" ? [quic] : []),
    ];
  });
}
