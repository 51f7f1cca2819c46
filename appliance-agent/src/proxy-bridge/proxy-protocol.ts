import { isIPv6 } from "node:net";

/** One end of a TCP connection. */
export interface Endpoint {
  /** IPv4 or IPv6 address in its usual notation. */
  readonly address: string;
  readonly port: number;
}

/**
 * Writes the header that tells Squid who the client is.
 *
 * Version 1 is one readable line of at most 107 bytes; nothing that version 2 adds is needed here.
 *
 * @param source the client
 * @param destination where the client's connection arrived; of the same family as `source`
 * @see https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt §2.1
 */
export function encodeProxyHeader(source: Endpoint, destination: Endpoint): string {
  const family = isIPv6(source.address) ? "TCP6" : "TCP4";
  return `PROXY ${family} ${source.address} ${destination.address} ${source.port} ${destination.port}\r\n`;
}

/** An address as PROXY and Squid's log write it: IPv4-mapped IPv6 (RFC 4291 §2.5.5.2) as IPv4, no zone (RFC 4007 §11). */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
}
