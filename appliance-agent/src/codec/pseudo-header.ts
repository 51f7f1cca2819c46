import { byteView, concatBytes } from "./byte-view";

/**
 * What the checksum of TCP, UDP and ICMPv6 covers besides their bytes.
 *
 * @param source 4 or 16 bytes
 * @param destination as long as `source`
 * @param protocol the upper layer's, after extension headers
 * @param length of the upper-layer header and its payload, in bytes
 * @see RFC 9293 §3.1 (IPv4), RFC 8200 §8.1 (IPv6)
 */
export function pseudoHeader(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  length: number,
): Uint8Array {
  if (source.length === 4) {
    const tail = Uint8Array.of(0, protocol, length >> 8, length & 0xff);
    return concatBytes(source, destination, tail);
  }
  const tail = new Uint8Array(8);
  byteView(tail).setUint32(0, length);
  tail[7] = protocol;
  return concatBytes(source, destination, tail);
}
