/** HCL that is true when `at` is an IPv4 CIDR in its usual notation, without host bits. */
export function isIpv4Cidr(at: string): string {
  const byte = "(0|[1-9][0-9]{0,2})";
  return (
    `(can(regex("^${byte}([.]${byte}){3}/(0|[1-9][0-9]?)$", ${at})) && ` +
    `try(cidrhost(${at}, 0) == split("/", ${at})[0], false))`
  );
}

/** HCL that is true when `at` is a CIDR of either family, without host bits. */
export function isCidr(at: string): string {
  const address = `split("/", ${at})[0]`;
  // Both sides in Terraform's own notation: IPv6 has many.
  const ipv6 =
    `(can(regex("^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*/(0|[1-9][0-9]{0,2})$", ${at})) && ` +
    `try(cidrhost(${at}, 0) == cidrhost("\${${address}}/128", 0), false))`;
  return `(strcontains(${at}, ":") ? ${ipv6} : ${isIpv4Cidr(at)})`;
}

/** HCL that is true when two IPv4 CIDRs share an address: cut to the shorter of their prefixes, they are the same. */
export function cidrsOverlap(a: string, b: string): string {
  const [lengthOfA, lengthOfB] = [a, b].map((at) => `tonumber(split("/", ${at})[1])`);
  const network = (at: string) => `cidrhost("\${split("/", ${at})[0]}/\${min(${lengthOfA}, ${lengthOfB})}", 0)`;
  return `try(${network(a)} == ${network(b)}, false)`;
}
