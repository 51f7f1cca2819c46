import { formatIpv4Cidr, ipv4Size, parseIpv4Cidr } from "./cidr";

/** Longest prefix, so smallest size, of a VPC or subnet. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
export const LONGEST_AWS_PREFIX = 28;

/** Shortest prefix, so largest size, of a VPC or subnet. */
export const SHORTEST_AWS_PREFIX = 16;

/** By default a subnet is a sixteenth of its VPC: two kinds for each of eight zones, more than any region has. */
const DEFAULT_SUBNET_BITS = 4;

/** Input of {@link planSubnets}. */
export interface SubnetPlanInput<Kind extends string> {
  /** Whose plan it is; begins every error. */
  readonly where: string;
  /** IPv4 CIDR of the VPC, /16 to /28. */
  readonly cidr: string;
  /** Availability Zones, checked already. */
  readonly zones: readonly string[];
  /** Kinds of subnet; every zone gets one of each. Their order and number are part of every address. */
  readonly kinds: readonly Kind[];
  /**
   * Prefix length of every subnet, /16 to /28.
   *
   * @default - a sixteenth of the VPC, at least the /28 that AWS asks for
   */
  readonly subnetPrefixLength?: number;
}

/** CIDR of each kind of subnet in each zone. */
export type SubnetPlan<Kind extends string> = ReadonlyMap<string, Readonly<Record<Kind, string>>>;

/**
 * Cuts a VPC into equal subnets.
 *
 * A zone's letter decides where its subnets lie, so that adding, removing or reordering zones never renumbers, and so
 * never replaces, the subnets of another zone.
 *
 * @throws Error when the subnets do not fit into the VPC
 */
export function planSubnets<Kind extends string>(input: SubnetPlanInput<Kind>): SubnetPlan<Kind> {
  const { where, zones, kinds } = input;
  const vpc = parseIpv4Cidr(`${where}: cidr`, input.cidr);
  requireAwsPrefix(`${where}: cidr`, vpc.prefixLength, input.cidr);
  const prefixLength = input.subnetPrefixLength ?? Math.min(vpc.prefixLength + DEFAULT_SUBNET_BITS, LONGEST_AWS_PREFIX);
  requireAwsPrefix(`${where}: subnetPrefixLength`, prefixLength, String(prefixLength));

  const size = ipv4Size(prefixLength);
  const slots = Math.floor(ipv4Size(vpc.prefixLength) / (size * kinds.length));
  const cut = (zone: string): Record<Kind, string> => {
    const slot = zone.charCodeAt(zone.length - 1) - "a".charCodeAt(0);
    if (slot >= slots) throw doesNotFit(input, prefixLength, zone, slots);
    const first = vpc.first + slot * kinds.length * size;
    const cidrs = kinds.map((kind, index) => [kind, formatIpv4Cidr({ first: first + index * size, prefixLength })]);
    return Object.fromEntries(cidrs) as Record<Kind, string>;
  };
  return new Map(zones.map((zone) => [zone, cut(zone)]));
}

function requireAwsPrefix(where: string, prefixLength: number, got: string): void {
  if (prefixLength >= SHORTEST_AWS_PREFIX && prefixLength <= LONGEST_AWS_PREFIX) return;
  throw new Error(
    `${where} must be a /${String(SHORTEST_AWS_PREFIX)} to a /${String(LONGEST_AWS_PREFIX)}, got '${got}'; ` +
      "AWS has no VPC or subnet of another size",
  );
}

function doesNotFit(input: SubnetPlanInput<string>, prefixLength: number, zone: string, slots: number): Error {
  const { where, cidr, kinds } = input;
  const last = slots === 0 ? "no zone" : `zones a to ${String.fromCharCode("a".charCodeAt(0) + slots - 1)}`;
  return new Error(
    `${where}: cidr must hold subnets of /${String(prefixLength)} for ${kinds.join(" and ")} of zone '${zone}', ` +
      `got '${cidr}', which has room for ${last}; use a larger cidr or a larger subnetPrefixLength`,
  );
}
