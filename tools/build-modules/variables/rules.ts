import { Validation } from "./variable";
import { isCidr } from "./cidr-conditions";

const MATCH = [
  "family = optional(string)",
  "protocol = optional(string)",
  "source = optional(list(string))",
  "destination = optional(list(string))",
  "source_ports = optional(list(string))",
  "destination_ports = optional(list(string))",
  "icmp_type = optional(number)",
  "endpoint = optional(string)",
];

/** Type constraint of a rule list. A protocol is a name or a number in quotes, ports are "443" or "1024-65535". */
export const RULES_TYPE = `list(object({name = string, match = object({${MATCH.join(", ")}}), action = string}))`;

/** The agent's rules of an HCL rule list: members that are not given are left out, ports are numbers. */
export function rulesExpression(at: string): string {
  const ports = (member: string): string =>
    `rule.match.${member} == null ? null : [for ports in rule.match.${member} : ` +
    'try(tonumber(ports), [for port in split("-", ports) : tonumber(port)])]';
  const members = [
    "family = rule.match.family",
    "protocol = try(tonumber(rule.match.protocol), rule.match.protocol)",
    "source = rule.match.source",
    "destination = rule.match.destination",
    `sourcePorts = ${ports("source_ports")}`,
    `destinationPorts = ${ports("destination_ports")}`,
    "icmpType = rule.match.icmp_type",
    "endpoint = rule.match.endpoint",
  ];
  const match = `{ for member, value in { ${members.join(", ")} } : member => value if value != null }`;
  return `[for rule in ${at} : { name = rule.name, match = ${match}, action = rule.action }]`;
}

/** What the agent would refuse in a rule list, as Terraform's own validation: one block for each kind of mistake. */
export function rulesChecks(at: string, where: string): Validation[] {
  const bad = (condition: string): string => `[for rule in ${at} : rule.name if !(${condition})]`;
  const check = (condition: string, what: string, fix: string): Validation => ({
    condition: `length(${bad(condition)}) == 0`,
    message: `${where}: ${what}, got \${jsonencode(${bad(condition)})}; ${fix}`,
  });
  const listed = (member: string, condition: string): string =>
    `(rule.match.${member} == null ? true : length(rule.match.${member}) > 0 && alltrue([for item in rule.match.${member} : ${condition}]))`;
  const given = (member: string, condition: string): string => `(rule.match.${member} == null ? true : ${condition})`;
  const number = 'can(regex("^(0|[1-9][0-9]{0,5})$", port)) && try(tonumber(port) <= 65535, false)';
  const portsOfItem =
    `alltrue([for port in split("-", item) : ${number}]) && length(split("-", item)) <= 2 && ` +
    'try(tonumber(split("-", item)[0]) <= tonumber(element(split("-", item), length(split("-", item)) - 1)), false)';
  const protocol = 'rule.match.protocol == null ? "" : rule.match.protocol';
  const families =
    "length(distinct(concat(rule.match.family == null ? [] : [rule.match.family], " +
    `contains(["icmp", "1"], ${protocol}) ? ["ipv4"] : [], contains(["icmpv6", "58"], ${protocol}) ? ["ipv6"] : [], ` +
    'rule.match.source == null ? [] : [for cidr in rule.match.source : strcontains(cidr, ":") ? "ipv6" : "ipv4"], ' +
    'rule.match.destination == null ? [] : [for cidr in rule.match.destination : strcontains(cidr, ":") ? "ipv6" : "ipv4"]))) <= 1';
  return [
    check(
      'can(regex("^[a-z0-9][a-z0-9-]{0,62}$", rule.name))',
      "not rule names",
      "write 1 to 63 characters of a-z, 0-9 and -, not - first",
    ),
    {
      condition: `length(distinct([for rule in ${at} : rule.name])) == length(${at}) && length(${at}) <= 65536`,
      message: `${where}: names must differ, got \${length(${at})} rules; name each otherwise, and write at most 65536`,
    },
    check('contains(["forward", "drop"], rule.action)', "not an action in the rules", "write forward or drop"),
    check(
      given("family", 'contains(["ipv4", "ipv6"], rule.match.family)'),
      "not a family in the rules",
      "write ipv4 or ipv6",
    ),
    check(
      given(
        "protocol",
        'contains(["tcp", "udp", "icmp", "icmpv6"], rule.match.protocol) || ' +
          '(can(regex("^(0|[1-9][0-9]{0,2})$", rule.match.protocol)) && try(tonumber(rule.match.protocol) <= 255, false))',
      ),
      "not a protocol in the rules",
      "write tcp, udp, icmp, icmpv6 or an IANA number from 0 to 255",
    ),
    check(
      `${listed("source", isCidr("item"))} && ${listed("destination", isCidr("item"))}`,
      "not CIDRs without host bits in the rules",
      "write networks such as 10.1.0.0/16 or 2001:db8::/32, at least one",
    ),
    check(
      `${listed("source_ports", portsOfItem)} && ${listed("destination_ports", portsOfItem)}`,
      "not ports in the rules",
      'write "443" or "1024-65535", the lower first, at least one',
    ),
    check(
      given(
        "icmp_type",
        "rule.match.icmp_type >= 0 && rule.match.icmp_type <= 255 && floor(rule.match.icmp_type) == rule.match.icmp_type",
      ),
      "not an ICMP type in the rules",
      "write a whole number from 0 to 255",
    ),
    check(
      given("endpoint", 'can(regex("^[0-9a-f]{16}$", rule.match.endpoint))'),
      "not an endpoint id in the rules",
      "write 16 hexadecimal digits in lower case, as `gwlb-agent endpoints` prints them",
    ),
    check(families, "both IP versions in one of the rules", "write one rule for each family"),
    check(
      `(rule.match.source_ports == null && rule.match.destination_ports == null) || contains(["tcp", "udp", "6", "17"], ${protocol})`,
      "ports of a protocol without them in the rules",
      'add protocol = "tcp" or "udp"',
    ),
    check(
      `rule.match.icmp_type == null || contains(["icmp", "icmpv6", "1", "58"], ${protocol})`,
      "an ICMP type of another protocol in the rules",
      'add protocol = "icmp" or "icmpv6"',
    ),
  ];
}
