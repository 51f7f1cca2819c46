import { byteView } from "./byte-view";
import { requireBytes } from "./decode-error";
import { requireBits, requireExactly } from "./encode-error";

/** Bytes of an ICMP header. RFC 792. */
export const ICMP_LENGTH = 8;

/** Types that are used here. RFC 792. */
export const ICMP_TYPE = {
  echoReply: 0,
  destinationUnreachable: 3,
  sourceQuench: 4,
  redirect: 5,
  echoRequest: 8,
  timeExceeded: 11,
  parameterProblem: 12,
} as const;

/** Types whose payload is the header of the packet that they are about. RFC 792, RFC 1122 §3.2.2. */
export const ICMP_ERROR_TYPES: ReadonlySet<number> = new Set([
  ICMP_TYPE.destinationUnreachable,
  ICMP_TYPE.sourceQuench,
  ICMP_TYPE.redirect,
  ICMP_TYPE.timeExceeded,
  ICMP_TYPE.parameterProblem,
]);

/** An ICMP header. RFC 792. */
export interface Icmp {
  readonly type: number;
  readonly code: number;
  /** Over header and payload, 0 to 65535. */
  readonly checksum: number;
  /** Four bytes that depend on the type (identifier and sequence number, next-hop MTU, gateway, ...); a view. */
  readonly restOfHeader: Uint8Array;
}

/** @throws DecodeError when `bytes` is shorter than an ICMP header */
export function decodeIcmp(bytes: Uint8Array): Icmp {
  requireBytes("ICMP header", bytes, ICMP_LENGTH);
  const view = byteView(bytes);
  return {
    type: view.getUint8(0),
    code: view.getUint8(1),
    checksum: view.getUint16(2),
    restOfHeader: bytes.subarray(4, ICMP_LENGTH),
  };
}

/** @throws EncodeError when a field does not fit */
export function encodeIcmp(header: Icmp): Uint8Array {
  const bytes = new Uint8Array(ICMP_LENGTH);
  const view = byteView(bytes);
  view.setUint8(0, requireBits("ICMP type", header.type, 8));
  view.setUint8(1, requireBits("ICMP code", header.code, 8));
  view.setUint16(2, requireBits("ICMP checksum", header.checksum, 16));
  bytes.set(requireExactly("ICMP rest of header", header.restOfHeader, 4), 4);
  return bytes;
}
