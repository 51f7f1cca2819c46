import { DecodeError, requireBytes } from "../codec/decode-error";
import { decodeIpPacket } from "../codec/ip-packet";
import { IP_PROTOCOL } from "../codec/ip-protocol";
import { IPV6_EXTENSION_HEADERS } from "../codec/ipv6-extension";
import { Family, addressNumber } from "./cidr";

/**
 * What rules can ask about a packet. A member that is missing because a fragment does not show it is *unknown*; one that
 * the packet's protocol does not have (the port of an ESP packet) is *absent*. See `evaluate`.
 */
export interface PacketFacts {
  /** GWLB endpoint id, 64 bits. */
  readonly endpoint: bigint;
  readonly family: Family;
  /** Network byte order, read as one number. */
  readonly source: bigint;
  /** Network byte order, read as one number. */
  readonly destination: bigint;
  /** IANA number of the upper-layer protocol; unknown in a later IPv6 fragment that begins inside an extension header. */
  readonly protocol?: number;
  /** Of TCP and UDP; unknown in a later fragment. */
  readonly sourcePort?: number;
  /** Of TCP and UDP; unknown in a later fragment. */
  readonly destinationPort?: number;
  /** Of ICMP over IPv4 and ICMPv6 over IPv6; unknown in a later fragment. */
  readonly icmpType?: number;
  /** `none`: a whole packet. `first`: it shows the upper-layer header. `later`: it does not. */
  readonly fragment: "none" | "first" | "later";
}

/** Bytes of a TCP, UDP, ICMP or ICMPv6 header that a packet must show: both ports, or type, code and checksum. */
export const UPPER_LAYER_BYTES = 4;

/**
 * The facts of an inner packet.
 *
 * @param inner the packet in the GENEVE payload: IPv4 or IPv6, without an Ethernet header
 * @param endpoint GWLB endpoint id that the packet came with
 * @throws DecodeError when the packet is malformed: the data path drops it whatever the rules say. It is when
 *   `decodeIpPacket` throws, when the packet is shorter than `inner`, and when a whole packet or first fragment of TCP,
 *   UDP, ICMP or ICMPv6 shows fewer than {@link UPPER_LAYER_BYTES} of its header
 */
export function packetFacts(inner: Uint8Array, endpoint: bigint): PacketFacts {
  const packet = decodeIpPacket(inner);
  const { family, fragment, payload, protocol } = packet;
  const length = packet.headerLength + payload.length;
  if (length !== inner.length) {
    throw new DecodeError(
      "length",
      `inner packet: bytes after its end, got ${inner.length} bytes; its header says ${length}`,
    );
  }
  const addresses = { source: addressNumber(packet.source), destination: addressNumber(packet.destination) };
  if (fragment !== undefined && fragment.offset > 0) {
    const hidden = family === "ipv6" && IPV6_EXTENSION_HEADERS.has(protocol);
    return { endpoint, family, ...addresses, ...(hidden ? {} : { protocol }), fragment: "later" };
  }
  return {
    endpoint,
    family,
    ...addresses,
    protocol,
    ...upperLayerFacts(family, protocol, payload),
    fragment: fragment ? "first" : "none",
  };
}

function upperLayerFacts(
  family: Family,
  protocol: number,
  bytes: Uint8Array,
): Pick<PacketFacts, "sourcePort" | "destinationPort" | "icmpType"> {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp) {
    requireBytes(protocol === IP_PROTOCOL.tcp ? "TCP ports" : "UDP ports", bytes, UPPER_LAYER_BYTES);
    return { sourcePort: (a << 8) | b, destinationPort: (c << 8) | d };
  }
  if (protocol === (family === "ipv4" ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6)) {
    requireBytes("ICMP header", bytes, UPPER_LAYER_BYTES);
    return { icmpType: a };
  }
  return {};
}
