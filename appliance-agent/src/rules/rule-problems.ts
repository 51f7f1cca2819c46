import { IP_PROTOCOL } from "../codec/ip-protocol";
import { Family, cidrsOf, familyName } from "./cidr";
import { protocolFamily, protocolNumber } from "./conditions";
import type { Rule } from "./rule";

/** What contradicts itself in one rule. */
export interface RuleProblem {
  /** Below `match`. */
  readonly path: readonly (string | number)[];
  readonly what: string;
  readonly fix: string;
}

/** A rule whose members contradict each other can match no packet, and its author meant something else. */
export function ruleProblems({ match }: Pick<Rule, "match">): RuleProblem[] {
  return [
    ...familyProblems(match),
    ...protocolProblems(match),
    ...portProblems("sourcePorts", match.sourcePorts ?? []),
    ...portProblems("destinationPorts", match.destinationPorts ?? []),
  ];
}

/** Every member that has a family must have the same; the first that has one is believed. */
function familyProblems(match: Rule["match"]): RuleProblem[] {
  if (match.source === undefined && match.destination === undefined && match.family === undefined) return [];
  const protocol = match.protocol === undefined ? undefined : protocolFamily(protocolNumber(match.protocol));
  const cidrs = (["source", "destination"] as const).flatMap((member) =>
    (match[member] ?? []).map((cidr, index) => ({ path: [member, index], family: familyOf(cidr) })),
  );
  const [first, ...others] = [
    ...(match.family ? [{ path: ["family"], family: match.family }] : []),
    ...(protocol ? [{ path: ["protocol"], family: protocol }] : []),
    ...cidrs,
  ];
  return others.flatMap(({ path, family }) =>
    family === first?.family
      ? []
      : {
          path,
          what: `${familyName(family)} in a rule of ${familyName(first?.family ?? family)}`,
          fix: "write one rule for each family",
        },
  );
}

function familyOf(cidr: string): Family {
  return cidrsOf("ipv6", [cidr]).length > 0 ? "ipv6" : "ipv4";
}

function protocolProblems(match: Rule["match"]): RuleProblem[] {
  const protocol = match.protocol === undefined ? undefined : protocolNumber(match.protocol);
  const hasPorts = protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp;
  const hasType = protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmpv6;
  const portMember = match.destinationPorts ? "destinationPorts" : "sourcePorts";
  return [
    ...(match[portMember] && !hasPorts
      ? [{ path: [portMember], what: "ports of a protocol without them", fix: 'add "protocol": "tcp" or "udp"' }]
      : []),
    ...(match.icmpType !== undefined && !hasType
      ? [{ path: ["icmpType"], what: "an ICMP type of another protocol", fix: 'add "protocol": "icmp" or "icmpv6"' }]
      : []),
  ];
}

function portProblems(
  member: "sourcePorts" | "destinationPorts",
  ranges: readonly (number | [number, number])[],
): RuleProblem[] {
  return ranges.flatMap((range, index) => {
    if (typeof range === "number" || range[0] <= range[1]) return [];
    return {
      path: [member, index],
      what: "a range that ends before it begins",
      fix: `write [${range[1]}, ${range[0]}]`,
    };
  });
}
