import { byteView } from "./byte-view";
import { DecodeError, requireBytes } from "./decode-error";
import { EncodeError, requireBits } from "./encode-error";
import { IP_PROTOCOL } from "./ip-protocol";

/** Shortest extension header; lengths are multiples of this, except that of the authentication header (4). */
export const IPV6_EXTENSION_MIN_LENGTH = 8;

/** Bytes of a fragment header. RFC 8200 §4.5. */
export const IPV6_FRAGMENT_LENGTH = 8;

/**
 * Extension headers that can be walked over: they say how long they are.
 *
 * Not ESP (everything after it is encrypted) and not 253 and 254 (RFC 3692: nobody knows whether they are headers).
 *
 * @see https://www.iana.org/assignments/ipv6-parameters (IPv6 Extension Header Types)
 */
export const IPV6_EXTENSION_HEADERS: ReadonlySet<number> = new Set([
  IP_PROTOCOL.hopByHop,
  IP_PROTOCOL.routing,
  IP_PROTOCOL.fragment,
  IP_PROTOCOL.authentication,
  IP_PROTOCOL.destinationOptions,
  IP_PROTOCOL.mobility,
  IP_PROTOCOL.hip,
  IP_PROTOCOL.shim6,
]);

/** One IPv6 extension header. RFC 8200 §4, RFC 4302 §2 (authentication), RFC 6564 §4 (the common shape). */
export interface Ipv6Extension {
  /** What this header is: the next-header field before it. */
  readonly protocol: number;
  readonly nextHeader: number;
  /** The bytes after the next-header field and the length (the reserved byte, in a fragment header); a view. */
  readonly data: Uint8Array;
}

/** A fragment header's fields. RFC 8200 §4.5. */
export interface Ipv6Fragment {
  /** Position of this fragment's payload in the fragmentable part, in bytes: a multiple of 8 up to 65528. */
  readonly offset: number;
  readonly moreFragments: boolean;
  /** 32 bits. */
  readonly identification: number;
}

/** Bytes of an extension header on the wire. */
export function ipv6ExtensionLength(extension: Pick<Ipv6Extension, "data">): number {
  return 2 + extension.data.length;
}

/**
 * @param protocol the next-header field before `bytes`, one of {@link IPV6_EXTENSION_HEADERS}
 * @throws DecodeError when `bytes` ends before the header does
 */
export function decodeIpv6Extension(protocol: number, bytes: Uint8Array): Ipv6Extension {
  if (!IPV6_EXTENSION_HEADERS.has(protocol)) {
    throw new DecodeError("protocol", `IPv6 extension header: not one, got next header ${protocol}; RFC 8200 §4`);
  }
  requireBytes("IPv6 extension header", bytes, IPV6_EXTENSION_MIN_LENGTH);
  const view = byteView(bytes);
  const length = wireLength(protocol, view.getUint8(1));
  requireBytes("IPv6 extension header", bytes, length);
  return { protocol, nextHeader: view.getUint8(0), data: bytes.subarray(2, length) };
}

/** A fragment header has no length; the authentication header counts words of 4 bytes minus 2, the others 8 bytes minus 1. */
function wireLength(protocol: number, lengthField: number): number {
  if (protocol === IP_PROTOCOL.fragment) return IPV6_FRAGMENT_LENGTH;
  return protocol === IP_PROTOCOL.authentication ? (lengthField + 2) * 4 : (lengthField + 1) * 8;
}

/** @throws EncodeError when the data has no length that the header can say */
export function encodeIpv6Extension(extension: Ipv6Extension): Uint8Array {
  const { protocol, data } = extension;
  if (!IPV6_EXTENSION_HEADERS.has(protocol)) {
    throw new EncodeError(`IPv6 extension header: not one, got next header ${protocol}; RFC 8200 §4`);
  }
  const bytes = new Uint8Array(ipv6ExtensionLength(extension));
  bytes[0] = requireBits("IPv6 next header", extension.nextHeader, 8);
  const lengthField = lengthFieldOf(protocol, bytes.length);
  if (lengthField !== undefined) bytes[1] = lengthField;
  bytes.set(data, 2);
  if (bytes.length < IPV6_EXTENSION_MIN_LENGTH || wireLength(protocol, lengthField ?? 0) !== bytes.length) {
    throw new EncodeError(
      `IPv6 extension header data: wrong length, got ${data.length} bytes; write ` +
        (lengthField === undefined ? "6" : "2 less than a multiple of 8 (4 in an authentication header)"),
    );
  }
  return bytes;
}

/** Undefined: a fragment header, whose second byte is reserved and belongs to the data; it is written as zero. */
function lengthFieldOf(protocol: number, length: number): number | undefined {
  if (protocol === IP_PROTOCOL.fragment) return undefined;
  const units = protocol === IP_PROTOCOL.authentication ? length / 4 - 2 : length / 8 - 1;
  return Number.isInteger(units) && units >= 0 && units <= 255 ? units : 0;
}

/**
 * @param data of an extension header whose protocol is 44
 * @throws DecodeError when `data` is shorter than a fragment header's
 */
export function decodeIpv6Fragment(data: Uint8Array): Ipv6Fragment {
  requireBytes("IPv6 fragment header data", data, IPV6_FRAGMENT_LENGTH - 2);
  const view = byteView(data);
  return {
    offset: view.getUint16(0) & 0xfff8,
    moreFragments: (view.getUint16(0) & 1) !== 0,
    identification: view.getUint32(2),
  };
}

/**
 * @returns the data of an extension header whose protocol is 44
 * @throws EncodeError when a field does not fit
 */
export function encodeIpv6Fragment(fragment: Ipv6Fragment): Uint8Array {
  const data = new Uint8Array(IPV6_FRAGMENT_LENGTH - 2);
  const view = byteView(data);
  if (fragment.offset % 8 !== 0) {
    throw new EncodeError(`IPv6 fragment offset: not a multiple of 8, got ${fragment.offset}; it is in bytes`);
  }
  requireBits("IPv6 fragment offset / 8", fragment.offset / 8, 13);
  view.setUint16(0, fragment.offset | (fragment.moreFragments ? 1 : 0));
  view.setUint32(2, requireBits("IPv6 fragment identification", fragment.identification, 32));
  return data;
}
