import { byteView } from "./byte-view";
import { requireBytes } from "./decode-error";
import { requireBits, requireExactly } from "./encode-error";

/** Bytes of an ICMPv6 header with the four bytes that every type of RFC 4443 has after it. RFC 4443 §2.1. */
export const ICMPV6_LENGTH = 8;

/** Types that are used here. RFC 4443 §2.1. */
export const ICMPV6_TYPE = {
  destinationUnreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  parameterProblem: 4,
  echoRequest: 128,
  echoReply: 129,
} as const;

/** Whether the payload of a message of this type is the packet that it is about: types 0 to 127. RFC 4443 §2.1. */
export function isIcmpv6Error(type: number): boolean {
  return type < 128;
}

/** An ICMPv6 header. RFC 4443 §2.1. */
export interface Icmpv6 {
  readonly type: number;
  readonly code: number;
  /** Over pseudo-header, header and payload, 0 to 65535. */
  readonly checksum: number;
  /** Four bytes that depend on the type (identifier and sequence number, MTU, pointer, ...); a view. */
  readonly restOfHeader: Uint8Array;
}

/** @throws DecodeError when `bytes` is shorter than an ICMPv6 header */
export function decodeIcmpv6(bytes: Uint8Array): Icmpv6 {
  requireBytes("ICMPv6 header", bytes, ICMPV6_LENGTH);
  const view = byteView(bytes);
  return {
    type: view.getUint8(0),
    code: view.getUint8(1),
    checksum: view.getUint16(2),
    restOfHeader: bytes.subarray(4, ICMPV6_LENGTH),
  };
}

/** @throws EncodeError when a field does not fit */
export function encodeIcmpv6(header: Icmpv6): Uint8Array {
  const bytes = new Uint8Array(ICMPV6_LENGTH);
  const view = byteView(bytes);
  view.setUint8(0, requireBits("ICMPv6 type", header.type, 8));
  view.setUint8(1, requireBits("ICMPv6 code", header.code, 8));
  view.setUint16(2, requireBits("ICMPv6 checksum", header.checksum, 16));
  bytes.set(requireExactly("ICMPv6 rest of header", header.restOfHeader, 4), 4);
  return bytes;
}
