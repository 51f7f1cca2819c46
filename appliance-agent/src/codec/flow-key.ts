import { requireBytes } from "./decode-error";
import { ICMP_ERROR_TYPES, ICMP_LENGTH } from "./icmp";
import { ICMPV6_LENGTH, isIcmpv6Error } from "./icmpv6";
import { formatIpAddress } from "./ip-address";
import { IpPacket, decodeIpPacket, decodeQuotedIpPacket } from "./ip-packet";
import { IP_PROTOCOL } from "./ip-protocol";
import { byteView } from "./byte-view";

/** The 5-tuple of a packet in its own direction; ports are 0 where there are none. */
export interface FlowKey {
  readonly family: "ipv4" | "ipv6";
  /** IANA number. */
  readonly protocol: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

/**
 * The flow of an inner packet as a Gateway Load Balancer tells flows apart: 5-tuple for TCP and UDP, addresses and
 * protocol otherwise.
 *
 * @throws DecodeError when the packet is malformed, or a later fragment, which shows no ports
 */
export function flowKey(inner: Uint8Array): FlowKey {
  return keyOf(decodeIpPacket(inner));
}

function keyOf(packet: IpPacket): FlowKey {
  const { family, protocol, payload } = packet;
  const hasPorts = protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp;
  if (hasPorts) requireBytes("ports", packet.fragment?.offset ? new Uint8Array() : payload, 4);
  const view = byteView(payload);
  return {
    family,
    protocol,
    source: formatIpAddress(packet.source),
    sourcePort: hasPorts ? view.getUint16(0) : 0,
    destination: formatIpAddress(packet.destination),
    destinationPort: hasPorts ? view.getUint16(2) : 0,
  };
}

/**
 * The flow of the packet that an ICMP error quotes, in the direction of that packet.
 *
 * @returns undefined when `inner` is no ICMP error
 * @throws DecodeError when the error, or what it quotes of the packet, is malformed
 */
export function quotedFlowKey(inner: Uint8Array): FlowKey | undefined {
  const quoted = quotedPacket(inner);
  return quoted && keyOf(decodeQuotedIpPacket(quoted));
}

/** The key of the other direction. */
export function reverseFlowKey(key: FlowKey): FlowKey {
  return {
    ...key,
    source: key.destination,
    sourcePort: key.destinationPort,
    destination: key.source,
    destinationPort: key.sourcePort,
  };
}

/** One text for both directions: the lower end first. */
export function formatFlow(key: FlowKey): string {
  const ends = [`${key.source} ${key.sourcePort}`, `${key.destination} ${key.destinationPort}`].sort();
  return `${key.family} ${key.protocol} ${ends.join(" ")}`;
}

/**
 * The packet that an ICMP or ICMPv6 error quotes; a view, and usually cut short. Undefined when `inner` is no error.
 *
 * @throws DecodeError when the packet is malformed
 */
export function quotedPacket(inner: Uint8Array): Uint8Array | undefined {
  const { family, protocol, payload, fragment } = decodeIpPacket(inner);
  const [type = 0] = payload;
  if (fragment && fragment.offset > 0) return undefined;
  if (family === "ipv4" && protocol === IP_PROTOCOL.icmp && ICMP_ERROR_TYPES.has(type)) {
    requireBytes("ICMP header", payload, ICMP_LENGTH);
    return payload.subarray(ICMP_LENGTH);
  }
  if (family === "ipv6" && protocol === IP_PROTOCOL.icmpv6 && isIcmpv6Error(type)) {
    requireBytes("ICMPv6 header", payload, ICMPV6_LENGTH);
    return payload.subarray(ICMPV6_LENGTH);
  }
  return undefined;
}
