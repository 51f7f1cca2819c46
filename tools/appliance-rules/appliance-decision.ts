import { IP_PROTOCOL } from "../../appliance-agent/src/codec/ip-protocol";
import type { AgentConfiguration } from "../../appliance-agent/src/rules/agent-configuration";
import { evaluate } from "../../appliance-agent/src/rules/evaluate";
import type { PacketFacts } from "../../appliance-agent/src/rules/packet-facts";
import { contains, parsePrefix } from "../topology/prefix";

/** What an appliance's configuration says about a packet. */
export type ApplianceDecision =
  | { readonly kind: "return" }
  | { readonly kind: "drop"; readonly rule: string }
  /** To a bastion: the destination is translated and the packet leaves without GENEVE. */
  | { readonly kind: "redirect"; readonly address: string; readonly port: number }
  /** The decision depends on what is not known. */
  | { readonly kind: "undetermined"; readonly why: string };

/** A packet as rules see it; the endpoint that it came with is not known before there is one. */
export type JudgedPacket = Omit<PacketFacts, "endpoint"> & Partial<Pick<PacketFacts, "endpoint">>;

/** A line that redirects a client's port, as `squidBastion` writes it. */
const REDIRECT =
  /^-A GWLB-PREROUTING -s (?<client>\S+) -i gwi-\+ -p tcp -m tcp --dport (?<from>\d+) -j DNAT --to-destination (?<address>[\d.]+):(?<port>\d+)$/;

/** Rules first, then what `squidBastion` redirects. Other iptables lines are not followed: they are assumed to let the packet pass. */
export function applianceDecision(configuration: AgentConfiguration, packet: JudgedPacket): ApplianceDecision {
  const { rules, defaultAction, iptables } = configuration;
  const { action, rule: index } = evaluate(rulesFor(configuration, packet), defaultAction, { endpoint: 0n, ...packet });
  const rule = index === undefined ? undefined : rules[index];
  if (rule?.match.endpoint !== undefined && packet.endpoint === undefined) {
    return { kind: "undetermined", why: `rule ${rule.name} asks for an endpoint's id, which is not known yet` };
  }
  if (action === "drop") return { kind: "drop", rule: rule === undefined ? "the default action" : `rule ${rule.name}` };
  for (const line of iptables.ipv4) {
    const groups = REDIRECT.exec(line)?.groups;
    const client = parsePrefix(groups?.client ?? "");
    if (!groups || !client || packet.protocol !== IP_PROTOCOL.tcp) continue;
    if (
      contains(client, { family: packet.family, value: packet.source }) &&
      packet.destinationPort === Number(groups.from)
    ) {
      return { kind: "redirect", address: groups.address ?? "", port: Number(groups.port) };
    }
  }
  return { kind: "return" };
}

/** Where the endpoint is not known, a rule that asks for one may decide. */
function rulesFor({ rules }: AgentConfiguration, { endpoint }: JudgedPacket): AgentConfiguration["rules"] {
  if (endpoint !== undefined) return rules;
  return rules.map(({ match: { endpoint: _, ...match }, ...rule }) => ({ ...rule, match }));
}
