import { Validation } from "./variable";

/** Rules from the start of a list that are compared with each other: Terraform takes about 0.1 ms for a pair. */
export const MAX_COMPARED_RULES = 100;

const PROTOCOL_NUMBERS = '{ tcp = "6", udp = "17", icmp = "1", icmpv6 = "58" }';

/** HCL of a rule with everything in one form: "", [] and -1 where it asks for nothing, ports as [first, last]. */
function normalized(rule: string): string {
  const match = `${rule}.match`;
  const listed = (member: string) => `(${match}.${member} == null ? [] : ${match}.${member})`;
  // The whole of a family is what is left of no address: the family is asked for anyway.
  const networks = (member: string) =>
    `[for cidr in ${listed(member)} : { address = cidrhost(cidr, 0), length = tonumber(split("/", cidr)[1]), ` +
    `six = strcontains(cidr, ":") } if !anytrue([for each in ${listed(member)} : endswith(each, "/0")])]`;
  // A rule that forwards takes later fragments too, which show no ports: every port is then no question.
  const ports = (member: string) =>
    `[for ports in ${listed(member)} : [tonumber(split("-", ports)[0]), tonumber(reverse(split("-", ports))[0])] ` +
    `if !(${rule}.action == "forward" && contains(${listed(member)}, "0-65535"))]`;
  const protocol = `(${match}.protocol == null ? "" : ${match}.protocol)`;
  const ofCidr = `[for cidr in concat(${listed("source")}, ${listed("destination")}) : strcontains(cidr, ":") ? "ipv6" : "ipv4"]`;
  const ofProtocol = `lookup({ icmp = "ipv4", "1" = "ipv4", icmpv6 = "ipv6", "58" = "ipv6" }, ${protocol}, "")`;
  return (
    `{ name = ${rule}.name, action = ${rule}.action, ` +
    `family = try(coalesce(${match}.family, ${ofProtocol}, ${ofCidr}...), ""), ` +
    `protocol = lookup(${PROTOCOL_NUMBERS}, ${protocol}, ${protocol}), ` +
    `source = ${networks("source")}, destination = ${networks("destination")}, ` +
    `source_ports = ${ports("source_ports")}, destination_ports = ${ports("destination_ports")}, ` +
    `icmp_type = ${match}.icmp_type == null ? -1 : ${match}.icmp_type, ` +
    `endpoint = ${match}.endpoint == null ? "" : ${match}.endpoint }`
  );
}

/** What is compared first: cheap, and different in most pairs. */
function sameKind(earlier: string, later: string): string {
  const equal = (member: string, nothing: string) =>
    `(${earlier}.${member} == ${nothing} || ${earlier}.${member} == ${later}.${member})`;
  // A later fragment shows no protocol and no ports: a rule that forwards then matches, one that drops does not.
  const fragments = `(${earlier}.protocol == "" || ${earlier}.action == "forward" || ${later}.action == "drop")`;
  return [
    equal("family", '""'),
    equal("protocol", '""'),
    equal("icmp_type", "-1"),
    equal("endpoint", '""'),
    fragments,
  ].join(" && ");
}

/** Whether each of the later rule's entries of a member lies in one of the earlier's. */
function covers(member: "source" | "destination" | "source_ports" | "destination_ports"): string {
  const inNetwork =
    "(inner.six == outer.six && outer.length <= inner.length && " +
    'try(cidrhost("${inner.address}/${outer.length}", 0) == outer.address, false))';
  const inside = member.endsWith("ports") ? "(outer[0] <= inner[0] && inner[1] <= outer[1])" : inNetwork;
  return (
    `length(earlier.${member}) == 0 || (length(later.${member}) > 0 && ` +
    `alltrue([for inner in later.${member} : anytrue([for outer in earlier.${member} : ${inside}])]))`
  );
}

/** HCL of the rules that can never match, each with an earlier one that matches all that it matches. */
export function unreachableRules(at: string): string {
  const rules = `[for rule in slice(${at}, 0, min(length(${at}), ${String(MAX_COMPARED_RULES)})) : ${normalized("rule")}]`;
  // One question after the other: Terraform evaluates both sides of `&&`, but nothing of what `if` has left out.
  const earlier = [
    sameKind("earlier", "later"),
    covers("source"),
    covers("destination"),
    covers("destination_ports"),
    covers("source_ports"),
  ].reduce((left, question) => `[for earlier in ${left} : earlier if ${question}]`, "slice(rules, 0, index)");
  return (
    `flatten([for rules in [${rules}] : [for index, later in rules : ` +
    `[for earlier in ${earlier} : { rule = later.name, earlier = earlier.name }]]])`
  );
}

/** HCL of the rules, in a list of any length, that repeat an earlier one or stand behind one that matches everything. */
export function repeatedRules(at: string): string {
  const everything = `jsonencode({ for member in keys(try(${at}[0].match, {})) : member => null })`;
  const matches = `[for rule in ${at} : jsonencode(rule.match)]`;
  const first = `try(index(${matches}, ${everything}), length(${at}))`;
  const behind = `[for first in [${first}] : [for position, rule in ${at} : { rule = rule.name, earlier = ${at}[first].name } if position > first]]`;
  const same = `values({ for rule in ${at} : "\${rule.action}\${jsonencode(rule.match)}" => rule.name... })`;
  const again = `[for names in ${same} : [for name in names : { rule = name, earlier = names[0] } if name != names[0]]]`;
  return `concat(flatten(${behind}), flatten(${again}))`;
}

/**
 * Refuses rules of which one earlier rule leaves nothing. What several earlier rules leave nothing of together, and what
 * stands behind {@link MAX_COMPARED_RULES} rules without being a repetition, only the constructs find.
 */
export function unreachableRulesChecks(at: string, where: string): Validation[] {
  return [unreachableRules(at), repeatedRules(at)].map((found) => ({
    // A list that is wrong otherwise is refused by the other checks.
    condition: `try(length(${found}) == 0, true)`,
    message:
      `${where}: rules that can never match, got \${join(", ", distinct([for it in try(${found}, []) : ` +
      `"'\${it.rule}' behind '\${it.earlier}'"]))}; remove them, or move them up`,
  }));
}
