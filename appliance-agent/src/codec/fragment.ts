import { concatBytes } from "./byte-view";
import { IP_PROTOCOL } from "./ip-protocol";
import { decodeIpv4, encodeIpv4, ipv4HeaderLength } from "./ipv4";
import { IPV6_LENGTH, decodeIpv6, encodeIpv6 } from "./ipv6";
import { encodeIpv6Extension, encodeIpv6Fragment } from "./ipv6-extension";

/**
 * The fragments of an IPv4 packet, each with the whole header. RFC 791 §3.2.
 *
 * @param fragmentBytes payload of every fragment but the last, a multiple of 8
 */
export function fragmentIpv4(packet: Uint8Array, fragmentBytes: number): Uint8Array[] {
  const { checksum: _, ...header } = decodeIpv4(packet);
  const headerLength = ipv4HeaderLength(header);
  return cut(packet.subarray(headerLength), fragmentBytes).map(({ offset, bytes, last }) =>
    concatBytes(
      encodeIpv4({
        ...header,
        dontFragment: false,
        moreFragments: !last,
        fragmentOffset: offset,
        totalLength: headerLength + bytes.length,
      }),
      bytes,
    ),
  );
}

/**
 * The fragments of an IPv6 packet whose extension headers, if any, all belong to the fragmentable part. RFC 8200 §4.5.
 *
 * @param fragmentBytes payload of every fragment but the last, a multiple of 8
 */
export function fragmentIpv6(packet: Uint8Array, fragmentBytes: number, identification: number): Uint8Array[] {
  const header = decodeIpv6(packet);
  return cut(packet.subarray(IPV6_LENGTH), fragmentBytes).map(({ offset, bytes, last }) => {
    const extension = encodeIpv6Extension({
      protocol: IP_PROTOCOL.fragment,
      nextHeader: header.nextHeader,
      data: encodeIpv6Fragment({ offset, moreFragments: !last, identification }),
    });
    const payloadLength = extension.length + bytes.length;
    return concatBytes(encodeIpv6({ ...header, nextHeader: IP_PROTOCOL.fragment, payloadLength }), extension, bytes);
  });
}

function cut(payload: Uint8Array, size: number): { offset: number; bytes: Uint8Array; last: boolean }[] {
  const count = Math.max(1, Math.ceil(payload.length / size));
  return Array.from({ length: count }, (_, index) => {
    const offset = index * size;
    return { offset, bytes: payload.subarray(offset, offset + size), last: index === count - 1 };
  });
}
