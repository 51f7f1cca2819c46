import type { AgentConfiguration } from "../../../appliance-agent/src/rules/agent-configuration";
import { evaluate } from "../../../appliance-agent/src/rules/evaluate";
import { packetFacts } from "../../../appliance-agent/src/rules/packet-facts";
import { contains, parseAddress, parsePrefix } from "../../topology/prefix";
import type { SeenPacket } from "./sighting";

/** What an appliance's configuration says about a packet. */
export type ApplianceDecision =
  | { readonly kind: "return" }
  | { readonly kind: "drop"; readonly rule: string }
  /** To a bastion: the destination is translated and the packet leaves without GENEVE. */
  | { readonly kind: "redirect"; readonly address: string; readonly port: number };

/** A line that redirects a client's port, as `squidBastion` writes it. */
const REDIRECT =
  /^-A GWLB-PREROUTING -s (?<client>\S+) -i gwi-\+ -p tcp -m tcp --dport (?<from>\d+) -j DNAT --to-destination (?<address>[\d.]+):(?<port>\d+)$/;

/** @param endpointId 16 hexadecimal digits */
export function applianceDecision(
  { rules, defaultAction, iptables }: AgentConfiguration,
  packet: SeenPacket,
  endpointId: string,
): ApplianceDecision {
  const { action, rule } = evaluate(rules, defaultAction, packetFacts(packet.bytes, BigInt(`0x${endpointId}`)));
  if (action === "drop") {
    return { kind: "drop", rule: rule === undefined ? "the default action" : `rule ${rules[rule]?.name ?? ""}` };
  }
  for (const line of iptables.ipv4) {
    const groups = REDIRECT.exec(line)?.groups;
    const source = parseAddress(packet.source);
    const client = parsePrefix(groups?.client ?? "");
    if (groups && source && client && contains(client, source) && packet.destinationPort === Number(groups.from)) {
      return { kind: "redirect", address: groups.address ?? "", port: Number(groups.port) };
    }
  }
  return { kind: "return" };
}
