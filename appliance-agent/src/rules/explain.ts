import { formatAddress } from "./cidr";
import { Conditions, conditions } from "./conditions";
import { answers, evaluate } from "./evaluate";
import { PacketFacts } from "./packet-facts";
import { Action, Rule } from "./rule";

/** What a rule list says about a packet, and why. */
export interface Explanation {
  readonly action: Action;
  /** The rule that decided; undefined: none did, and the default action holds. */
  readonly decidedBy?: string;
  /** The rules that were asked before, in their order, each with a reason. */
  readonly passedOver: readonly PassedOver[];
}

/** A rule that did not decide. */
export interface PassedOver {
  readonly rule: string;
  /** As `destinationPorts: 443 is not one of 80, 8000-8080`. */
  readonly because: string;
}

/** The reason is the first condition that does not hold, in the order in which `match` documents them. */
export function explain(rules: readonly Rule[], defaultAction: Action, packet: PacketFacts): Explanation {
  const { action, rule } = evaluate(rules, defaultAction, packet);
  const decided = rule === undefined ? undefined : rules[rule];
  return {
    action,
    ...(decided ? { decidedBy: decided.name } : {}),
    passedOver: rules.slice(0, rule).map((passed) => ({ rule: passed.name, because: reason(passed, packet) })),
  };
}

/** A rule that was passed over has a condition that does not hold, or one that a later fragment does not show. */
function reason(rule: Rule, packet: PacketFacts): string {
  const asked = answers(conditions(rule), packet);
  const failed = asked.find(({ answer }) => answer === "no") ?? asked.find(({ answer }) => answer === "unknown");
  if (!failed)
    throw new Error(`explain: rule ${rule.name} holds, got it as passed over; this is a defect of explain()`);
  const { condition, answer } = failed;
  const wanted = formatWanted(rule, condition);
  return answer === "unknown"
    ? `${condition}: a later fragment does not show whether it is ${wanted}`
    : `${condition}: ${formatFact(condition, packet)} is not ${wanted}`;
}

function formatWanted({ match }: Rule, condition: keyof Conditions): string {
  const wanted = match[condition];
  if (Array.isArray(wanted)) {
    const list = wanted.map((entry) => (Array.isArray(entry) ? entry.join("-") : String(entry)));
    return list.length === 1 ? (list[0] ?? "") : `one of ${list.join(", ")}`;
  }
  return wanted === undefined ? "that of its addresses or protocol" : String(wanted as string | number);
}

function formatFact(condition: keyof Conditions, packet: PacketFacts): string {
  switch (condition) {
    case "source":
    case "destination":
      return formatAddress(packet.family, packet[condition]);
    case "sourcePorts":
      return packet.sourcePort === undefined ? "a packet without ports" : String(packet.sourcePort);
    case "destinationPorts":
      return packet.destinationPort === undefined ? "a packet without ports" : String(packet.destinationPort);
    case "icmpType":
      return packet.icmpType === undefined ? "a packet without an ICMP type" : String(packet.icmpType);
    case "endpoint":
      return packet.endpoint.toString(16).padStart(16, "0");
    case "protocol":
    case "family":
      return String(packet[condition]);
  }
}
