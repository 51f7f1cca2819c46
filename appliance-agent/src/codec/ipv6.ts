import { byteView } from "./byte-view";
import { DecodeError, requireBytes } from "./decode-error";
import { requireBits, requireExactly } from "./encode-error";

/** Bytes of an IPv6 header without extension headers. RFC 8200 §3. */
export const IPV6_LENGTH = 40;

/** An IPv6 header. RFC 8200 §3. */
export interface Ipv6 {
  /** Differentiated services (6 bits) and ECN (2 bits), 0 to 255. */
  readonly trafficClass: number;
  /** 20 bits. */
  readonly flowLabel: number;
  /** Extension headers and payload, 0 to 65535 bytes. */
  readonly payloadLength: number;
  readonly nextHeader: number;
  readonly hopLimit: number;
  /** 16 bytes; a view. */
  readonly source: Uint8Array;
  /** 16 bytes; a view. */
  readonly destination: Uint8Array;
}

/** @throws DecodeError when `bytes` does not begin with an IPv6 header */
export function decodeIpv6(bytes: Uint8Array): Ipv6 {
  requireBytes("IPv6 header", bytes, IPV6_LENGTH);
  const view = byteView(bytes);
  const first = view.getUint32(0);
  const version = first >>> 28;
  if (version !== 6) throw new DecodeError("version", `IPv6 header: not version 6, got ${version}; RFC 8200 §3`);
  return {
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
    payloadLength: view.getUint16(4),
    nextHeader: view.getUint8(6),
    hopLimit: view.getUint8(7),
    source: bytes.subarray(8, 24),
    destination: bytes.subarray(24, 40),
  };
}

/** @throws EncodeError when a field does not fit */
export function encodeIpv6(header: Ipv6): Uint8Array {
  const bytes = new Uint8Array(IPV6_LENGTH);
  const view = byteView(bytes);
  const trafficClass = requireBits("IPv6 traffic class", header.trafficClass, 8);
  view.setUint32(0, 0x6000_0000 + trafficClass * 0x10_0000 + requireBits("IPv6 flow label", header.flowLabel, 20));
  view.setUint16(4, requireBits("IPv6 payload length", header.payloadLength, 16));
  view.setUint8(6, requireBits("IPv6 next header", header.nextHeader, 8));
  view.setUint8(7, requireBits("IPv6 hop limit", header.hopLimit, 8));
  bytes.set(requireExactly("IPv6 source", header.source, 16), 8);
  bytes.set(requireExactly("IPv6 destination", header.destination, 16), 24);
  return bytes;
}
