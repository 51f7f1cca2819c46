import ipaddr from "ipaddr.js";

/** An IPv4 network as numbers. */
export interface Ipv4Network {
  /** Its first address, an unsigned 32-bit number in host order. */
  readonly first: number;
  /** Leading bits that all of its addresses share, 0 to 32. */
  readonly prefixLength: number;
}

/**
 * Reads an IPv4 CIDR.
 *
 * @param where names the value in errors: `client: cidr`
 * @throws Error when `cidr` is not IPv4, or has bits set behind its prefix
 */
export function parseIpv4Cidr(where: string, cidr: string): Ipv4Network {
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(cidr)) {
    throw new Error(`${where} must be an IPv4 CIDR, got '${cidr}'; write an address and a prefix length, 10.1.0.0/24`);
  }
  const network = ipaddr.IPv4.networkAddressFromCIDR(cidr);
  const [address, prefixLength] = ipaddr.IPv4.parseCIDR(cidr);
  if (address.toString() !== network.toString()) {
    throw new Error(
      `${where} must be a network without host bits, got '${cidr}'; write ${network.toString()}/${String(prefixLength)}`,
    );
  }
  return { first: toNumber(network), prefixLength };
}

/** Writes a network as `10.1.0.0/24`. */
export function formatIpv4Cidr({ first, prefixLength }: Ipv4Network): string {
  return `${formatIpv4(first)}/${String(prefixLength)}`;
}

/** The address that lies `index` behind a network's first: `10.2.0.20` for `10.2.0.16/28` and 4. */
export function ipv4Address(cidr: string, index: number): string {
  return formatIpv4(parseIpv4Cidr("ipv4Address", cidr).first + index);
}

/** True when two networks share an address. */
export function ipv4CidrsOverlap(a: Ipv4Network, b: Ipv4Network): boolean {
  return a.first < b.first + ipv4Size(b.prefixLength) && b.first < a.first + ipv4Size(a.prefixLength);
}

/** Addresses in a network of this prefix length. */
export function ipv4Size(prefixLength: number): number {
  return 2 ** (32 - prefixLength);
}

function toNumber(address: ipaddr.IPv4): number {
  return address.octets.reduce((number, octet) => number * 256 + octet, 0);
}

function formatIpv4(number: number): string {
  return new ipaddr.IPv4([24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256)).toString();
}
