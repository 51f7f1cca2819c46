import { IP_PROTOCOL } from "../codec/ip-protocol";
import { Cidr, Family, isCidr, parseCidr } from "./cidr";
import { Rule } from "./rule";

/** An inclusive range of ports. */
export type PortRange = readonly [first: number, last: number];

/** What a rule's `match` asks of a packet, read: every given member must hold, and one of each list. */
export interface Conditions {
  /** Given or implied: by a CIDR, or by the protocol (`icmp` is IPv4's, `icmpv6` is IPv6's). Undefined: both. */
  readonly family?: Family;
  /** IANA number. */
  readonly protocol?: number;
  readonly source?: readonly Cidr[];
  readonly destination?: readonly Cidr[];
  readonly sourcePorts?: readonly PortRange[];
  readonly destinationPorts?: readonly PortRange[];
  readonly icmpType?: number;
  readonly endpoint?: bigint;
}

const PROTOCOL_NUMBER = {
  tcp: IP_PROTOCOL.tcp,
  udp: IP_PROTOCOL.udp,
  icmp: IP_PROTOCOL.icmp,
  icmpv6: IP_PROTOCOL.icmpv6,
} as const;

/** The IANA number of a rule's protocol, which may be a name or that number. */
export function protocolNumber(protocol: NonNullable<Rule["match"]["protocol"]>): number {
  return typeof protocol === "number" ? protocol : PROTOCOL_NUMBER[protocol];
}

/** The one IP version that carries a protocol, where there is one. */
export function protocolFamily(protocol: number): Family | undefined {
  if (protocol === IP_PROTOCOL.icmp) return "ipv4";
  return protocol === IP_PROTOCOL.icmpv6 ? "ipv6" : undefined;
}

/** Reading CIDRs costs far more than comparing them, and rules are asked once a packet. */
const read = new WeakMap<Rule, Conditions>();

/** A rule's `match`, read; of a rule in a validated configuration, which never changes. */
export function conditions(rule: Rule): Conditions {
  const known = read.get(rule) ?? readConditions(rule);
  read.set(rule, known);
  return known;
}

function readConditions({ match }: Rule): Conditions {
  const protocol = match.protocol === undefined ? undefined : protocolNumber(match.protocol);
  const source = match.source && cidrs(match.source);
  const destination = match.destination && cidrs(match.destination);
  const family =
    match.family ??
    (source ?? destination)?.[0]?.family ??
    (protocol === undefined ? undefined : protocolFamily(protocol));
  return {
    ...(family === undefined ? {} : { family }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : { destination }),
    ...(match.sourcePorts === undefined ? {} : { sourcePorts: match.sourcePorts.map(portRange) }),
    ...(match.destinationPorts === undefined ? {} : { destinationPorts: match.destinationPorts.map(portRange) }),
    ...(match.icmpType === undefined ? {} : { icmpType: match.icmpType }),
    ...(match.endpoint === undefined ? {} : { endpoint: BigInt(`0x${match.endpoint}`) }),
  };
}

function cidrs(texts: readonly string[]): Cidr[] {
  return texts.map(parseCidr).filter(isCidr);
}

function portRange(ports: number | readonly [number, number]): PortRange {
  return typeof ports === "number" ? [ports, ports] : ports;
}
