import { DecodeError, requireBytes } from "./decode-error";
import { IP_PROTOCOL } from "./ip-protocol";
import { decodeIpv4, ipv4HeaderLength } from "./ipv4";
import { IPV6_LENGTH, decodeIpv6 } from "./ipv6";
import {
  IPV6_EXTENSION_HEADERS,
  Ipv6Fragment,
  decodeIpv6Extension,
  decodeIpv6Fragment,
  ipv6ExtensionLength,
} from "./ipv6-extension";

/**
 * Most extension headers that one packet may have: each of RFC 8200 §4.1's list once, and room for two more. A bound
 * that the kernel's verifier can see needs a number; packets beyond it are malformed.
 */
export const MAX_IPV6_EXTENSIONS = 8;

/** An IPv4 or IPv6 packet, cut where its upper-layer header begins. */
export interface IpPacket {
  readonly family: "ipv4" | "ipv6";
  /** 4 or 16 bytes; a view. */
  readonly source: Uint8Array;
  /** 4 or 16 bytes; a view. */
  readonly destination: Uint8Array;
  /**
   * The upper-layer protocol, after extension headers. In a fragment that does not begin with it: what the fragment
   * header names, which may be one of {@link IPV6_EXTENSION_HEADERS}, and then the upper-layer protocol is unknown.
   */
  readonly protocol: number;
  /** Present when this is one of several fragments; an IPv6 fragment header of a whole packet (RFC 6946) is none. */
  readonly fragment?: Ipv6Fragment;
  /** Bytes before `payload`: header with options, or with extension headers. */
  readonly headerLength: number;
  /** The upper-layer header and its payload, without what follows the packet's end; a view. */
  readonly payload: Uint8Array;
}

/**
 * Bytes after the end that the header states are ignored.
 *
 * @throws DecodeError when `bytes` does not begin with a whole IPv4 or IPv6 packet, when it has more than
 *   {@link MAX_IPV6_EXTENSIONS} extension headers, or is a fragment inside a fragment
 */
export function decodeIpPacket(bytes: Uint8Array): IpPacket {
  const { packet, end } = decodeStart(bytes);
  requireBytes(packet.family === "ipv4" ? "IPv4 packet" : "IPv6 packet", bytes, end);
  return packet;
}

/**
 * As {@link decodeIpPacket}, of a packet that may be cut short behind its headers: one that an ICMP error quotes.
 *
 * @throws DecodeError when `bytes` ends before the upper-layer header begins
 */
export function decodeQuotedIpPacket(bytes: Uint8Array): IpPacket {
  return decodeStart(bytes).packet;
}

/** `end`: where the packet ends according to its header. */
function decodeStart(bytes: Uint8Array): { packet: IpPacket; end: number } {
  requireBytes("IP header", bytes, 1);
  const version = (bytes[0] ?? 0) >> 4;
  if (version === 4) return decodeIpv4Packet(bytes);
  if (version === 6) return decodeIpv6Packet(bytes);
  throw new DecodeError("version", `IP header: unknown version, got ${version}; 4 or 6`);
}

function decodeIpv4Packet(bytes: Uint8Array): { packet: IpPacket; end: number } {
  const header = decodeIpv4(bytes);
  const headerLength = ipv4HeaderLength(header);
  const { fragmentOffset: offset, moreFragments, identification } = header;
  const packet: IpPacket = {
    family: "ipv4",
    source: header.source,
    destination: header.destination,
    protocol: header.protocol,
    ...(offset > 0 || moreFragments ? { fragment: { offset, moreFragments, identification } } : {}),
    headerLength,
    payload: bytes.subarray(headerLength, header.totalLength),
  };
  return { packet, end: header.totalLength };
}

function decodeIpv6Packet(bytes: Uint8Array): { packet: IpPacket; end: number } {
  const header = decodeIpv6(bytes);
  const end = IPV6_LENGTH + header.payloadLength;
  const { protocol, length, fragment } = walkExtensions(header.nextHeader, bytes.subarray(IPV6_LENGTH, end));
  const headerLength = IPV6_LENGTH + length;
  const packet: IpPacket = {
    family: "ipv6",
    source: header.source,
    destination: header.destination,
    protocol,
    ...(fragment ? { fragment } : {}),
    headerLength,
    payload: bytes.subarray(headerLength, end),
  };
  return { packet, end };
}

function walkExtensions(
  firstHeader: number,
  bytes: Uint8Array,
): { protocol: number; length: number; fragment?: Ipv6Fragment } {
  let protocol = firstHeader;
  let length = 0;
  let fragment: Ipv6Fragment | undefined;
  // The bytes of a later fragment are the middle of something: what follows its fragment header is no header.
  for (let count = 0; IPV6_EXTENSION_HEADERS.has(protocol) && !fragment?.offset; count++) {
    if (count === MAX_IPV6_EXTENSIONS) {
      throw new DecodeError("length", `IPv6 extension headers: too many, got over ${count}; at most ${count}`);
    }
    const extension = decodeIpv6Extension(protocol, bytes.subarray(length));
    if (protocol === IP_PROTOCOL.fragment) {
      if (fragment) {
        throw new DecodeError(
          "value",
          "IPv6 fragment header: a fragment in a fragment, got 2; at most 1 (RFC 8200 §4.1)",
        );
      }
      const { offset, moreFragments, identification } = decodeIpv6Fragment(extension.data);
      if (offset > 0 || moreFragments) fragment = { offset, moreFragments, identification };
    }
    length += ipv6ExtensionLength(extension);
    protocol = extension.nextHeader;
  }
  return { protocol, length, ...(fragment ? { fragment } : {}) };
}
