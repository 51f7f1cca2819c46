/**
 * What a rule list says about a packet: the definition that the kernel's program is tested against.
 *
 * 1. A malformed packet (`packetFacts` throws) is dropped before any rule.
 * 2. The first rule whose every condition holds decides; when none does, the default action does.
 * 3. Upper-layer protocol means after IPv6 extension headers (RFC 8200 §4), of which a packet has at most 8. ESP hides what
 *    follows: its packets have protocol 50 and no ports. An authentication header is walked over.
 * 4. ICMP type and `protocol: icmp` are IPv4's, `icmpv6` is IPv6's: protocol 1 over IPv6 matches no `icmp` rule. An ICMP
 *    error is judged by its own header, not by the packet that it quotes.
 * 5. Fragments. A first fragment is judged as a whole packet is. A later one follows the verdict of its first where the
 *    data path remembers it (same endpoint, addresses, identification, and protocol in IPv4). Only when it does not (the
 *    first is still to come, or was forgotten) is the later fragment judged here: a condition on what it does not show
 *    (ports, ICMP type, sometimes the protocol) counts as met in a `forward` rule and as not met in a `drop` rule.
 *    So it is dropped only when its first would be dropped whatever it shows, and forwarded when its first might pass:
 *    what arrives out of order is not lost, and what is forwarded without its first can never be reassembled when that is
 *    dropped (RFC 1858 §3).
 */
import { Cidr, contains } from "./cidr";
import { Conditions, PortRange, conditions } from "./conditions";
import { PacketFacts } from "./packet-facts";
import { Action, Rule } from "./rule";

/** A decision and what made it. */
export interface Verdict {
  readonly action: Action;
  /** Index of the rule that decided; undefined: the default action. */
  readonly rule?: number;
}

/** A condition's answer; `unknown` when the packet is a later fragment that does not show it. */
export type Answer = "yes" | "no" | "unknown";

/** @see the head of this file for the meaning */
export function evaluate(rules: readonly Rule[], defaultAction: Action, packet: PacketFacts): Verdict {
  const rule = rules.findIndex((candidate) => matches(candidate, packet));
  const decided = rules[rule];
  return decided ? { action: decided.action, rule } : { action: defaultAction };
}

/** Whether a rule decides about a packet that no earlier rule decided about. */
export function matches(rule: Rule, packet: PacketFacts): boolean {
  const unknown = rule.action === "forward";
  return answers(conditions(rule), packet).every(({ answer }) => answer === "yes" || (answer === "unknown" && unknown));
}

/** The answer to each condition that a rule has, in the order in which `match` documents them. */
export function answers(
  wanted: Conditions,
  packet: PacketFacts,
): readonly { readonly condition: keyof Conditions; readonly answer: Answer }[] {
  const all: Record<keyof Conditions, Answer | undefined> = {
    family: wanted.family && known(wanted.family === packet.family),
    protocol: wanted.protocol === undefined ? undefined : protocolAnswer(wanted.protocol, packet),
    source: wanted.source && known(inAny(wanted.source, packet.family, packet.source)),
    destination: wanted.destination && known(inAny(wanted.destination, packet.family, packet.destination)),
    sourcePorts: wanted.sourcePorts && portAnswer(wanted.sourcePorts, packet.sourcePort, packet),
    destinationPorts: wanted.destinationPorts && portAnswer(wanted.destinationPorts, packet.destinationPort, packet),
    icmpType:
      wanted.icmpType === undefined ? undefined : shown(packet.icmpType, packet, (type) => type === wanted.icmpType),
    endpoint: wanted.endpoint === undefined ? undefined : known(wanted.endpoint === packet.endpoint),
  };
  return (Object.entries(all) as [keyof Conditions, Answer | undefined][]).flatMap(([condition, answer]) =>
    answer === undefined ? [] : [{ condition, answer }],
  );
}

const known = (holds: boolean): Answer => (holds ? "yes" : "no");

function inAny(cidrs: readonly Cidr[], family: string, address: bigint): boolean {
  return cidrs.some((cidr) => cidr.family === family && contains(cidr, address));
}

/** Only a later fragment can hide its protocol. */
function protocolAnswer(protocol: number, packet: PacketFacts): Answer {
  return packet.protocol === undefined ? "unknown" : known(packet.protocol === protocol);
}

function portAnswer(ranges: readonly PortRange[], port: number | undefined, packet: PacketFacts): Answer {
  return shown(port, packet, (value) => ranges.some(([first, last]) => first <= value && value <= last));
}

function shown(value: number | undefined, packet: PacketFacts, holds: (value: number) => boolean): Answer {
  if (value !== undefined) return known(holds(value));
  return packet.fragment === "later" ? "unknown" : "no";
}
