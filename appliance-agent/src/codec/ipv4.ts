import { byteView } from "./byte-view";
import { DecodeError, requireBytes } from "./decode-error";
import { EncodeError, requireBits, requireExactly, requireLength } from "./encode-error";
import { internetChecksum } from "./internet-checksum";

/** Bytes of an IPv4 header without options. RFC 791 §3.1. */
export const IPV4_LENGTH = 20;

/** Most bytes of options: the header length has 4 bits and counts words of 4 bytes. */
export const IPV4_MAX_OPTIONS_LENGTH = 40;

/** An IPv4 header. RFC 791 §3.1, RFC 2474 (DSCP), RFC 3168 (ECN). */
export interface Ipv4 {
  /** Differentiated services code point, 0 to 63. */
  readonly dscp: number;
  /** Explicit congestion notification, 0 to 3. */
  readonly ecn: number;
  /** Header and payload, 20 to 65535 bytes. */
  readonly totalLength: number;
  readonly identification: number;
  /** The bit that RFC 791 reserves; kept so that what was read can be written. */
  readonly reservedFlag: boolean;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** Position of this fragment's payload in the packet, in bytes: a multiple of 8 up to 65528. */
  readonly fragmentOffset: number;
  readonly ttl: number;
  readonly protocol: number;
  /** As received, 0 to 65535. @default - computed */
  readonly checksum?: number;
  /** 4 bytes; a view. */
  readonly source: Uint8Array;
  /** 4 bytes; a view. */
  readonly destination: Uint8Array;
  /** Options with their padding, 0 to 40 bytes in multiples of 4; a view. */
  readonly options: Uint8Array;
}

/** Bytes of this header, options included. */
export function ipv4HeaderLength(header: Pick<Ipv4, "options">): number {
  return IPV4_LENGTH + header.options.length;
}

/**
 * Reads the header alone: whether `totalLength` bytes are there, and whether the checksum is right
 * ({@link internetChecksum} over the header is 0), is for the caller to judge, who may hold a quoted packet (RFC 792).
 *
 * @throws DecodeError when `bytes` does not begin with an IPv4 header
 */
export function decodeIpv4(bytes: Uint8Array): Ipv4 {
  requireBytes("IPv4 header", bytes, IPV4_LENGTH);
  const view = byteView(bytes);
  const version = view.getUint8(0) >> 4;
  if (version !== 4) throw new DecodeError("version", `IPv4 header: not version 4, got ${version}; RFC 791 §3.1`);
  const headerLength = (view.getUint8(0) & 0x0f) * 4;
  if (headerLength < IPV4_LENGTH) {
    throw new DecodeError(
      "length",
      `IPv4 header: header length too small, got ${headerLength}; at least ${IPV4_LENGTH}`,
    );
  }
  requireBytes("IPv4 options", bytes, headerLength);
  const totalLength = view.getUint16(2);
  if (totalLength < headerLength) {
    throw new DecodeError(
      "length",
      `IPv4 header: total length too small, got ${totalLength}; at least ${headerLength}`,
    );
  }
  const fragment = view.getUint16(6);
  return {
    dscp: view.getUint8(1) >> 2,
    ecn: view.getUint8(1) & 0x03,
    totalLength,
    identification: view.getUint16(4),
    reservedFlag: (fragment & 0x8000) !== 0,
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset: (fragment & 0x1fff) * 8,
    ttl: view.getUint8(8),
    protocol: view.getUint8(9),
    checksum: view.getUint16(10),
    source: bytes.subarray(12, 16),
    destination: bytes.subarray(16, 20),
    options: bytes.subarray(IPV4_LENGTH, headerLength),
  };
}

/** @throws EncodeError when a field does not fit */
export function encodeIpv4(header: Ipv4): Uint8Array {
  const options = requireLength("IPv4 options", header.options, IPV4_MAX_OPTIONS_LENGTH, 4);
  const bytes = new Uint8Array(IPV4_LENGTH + options.length);
  const view = byteView(bytes);
  view.setUint8(0, 0x40 | (bytes.length / 4));
  view.setUint8(1, (requireBits("IPv4 DSCP", header.dscp, 6) << 2) | requireBits("IPv4 ECN", header.ecn, 2));
  view.setUint16(2, requireBits("IPv4 total length", header.totalLength, 16));
  view.setUint16(4, requireBits("IPv4 identification", header.identification, 16));
  if (header.fragmentOffset % 8 !== 0) {
    throw new EncodeError(`IPv4 fragment offset: not a multiple of 8, got ${header.fragmentOffset}; it is in bytes`);
  }
  const flags = (header.reservedFlag ? 4 : 0) | (header.dontFragment ? 2 : 0) | (header.moreFragments ? 1 : 0);
  view.setUint16(6, (flags << 13) | requireBits("IPv4 fragment offset / 8", header.fragmentOffset / 8, 13));
  view.setUint8(8, requireBits("IPv4 TTL", header.ttl, 8));
  view.setUint8(9, requireBits("IPv4 protocol", header.protocol, 8));
  bytes.set(requireExactly("IPv4 source", header.source, 4), 12);
  bytes.set(requireExactly("IPv4 destination", header.destination, 4), 16);
  bytes.set(options, IPV4_LENGTH);
  view.setUint16(10, requireBits("IPv4 checksum", header.checksum ?? internetChecksum(bytes), 16));
  return bytes;
}
