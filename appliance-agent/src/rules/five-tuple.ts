import { Family, addressFamily, parseAddress } from "./cidr";
import { protocolNumber } from "./conditions";
import { PacketFacts } from "./packet-facts";
import { Rule } from "./rule";

/** A packet as a person describes it. */
export interface FiveTuple {
  readonly protocol: NonNullable<Rule["match"]["protocol"]>;
  readonly source: string;
  /** @default - none: the protocol has no ports */
  readonly sourcePort?: number;
  readonly destination: string;
  /** @default - none: the protocol has no ports */
  readonly destinationPort?: number;
  /** @default - none: not ICMP */
  readonly icmpType?: number;
  /** GWLB endpoint id, 16 hexadecimal digits. @default - one that no rule names */
  readonly endpoint?: string;
}

/**
 * The facts of a whole packet with this 5-tuple.
 *
 * @throws Error when an address is none, or both are not of one family
 */
export function fiveTupleFacts(tuple: FiveTuple): PacketFacts {
  const family = familyOf("source", tuple.source);
  if (family !== familyOf("destination", tuple.destination)) {
    throw new Error(
      `5-tuple: two families, got ${tuple.source} and ${tuple.destination}; write two addresses of one family`,
    );
  }
  return {
    endpoint: tuple.endpoint === undefined ? 0n : BigInt(`0x${tuple.endpoint}`),
    family,
    source: parseAddress(tuple.source),
    destination: parseAddress(tuple.destination),
    protocol: protocolNumber(tuple.protocol),
    ...(tuple.sourcePort === undefined ? {} : { sourcePort: tuple.sourcePort }),
    ...(tuple.destinationPort === undefined ? {} : { destinationPort: tuple.destinationPort }),
    ...(tuple.icmpType === undefined ? {} : { icmpType: tuple.icmpType }),
    fragment: "none",
  };
}

function familyOf(which: string, address: string): Family {
  const family = addressFamily(address);
  if (family) return family;
  throw new Error(`5-tuple ${which}: not an address, got "${address}"; write an IPv4 or IPv6 address`);
}
