/**
 * Numbers of the IPv4 protocol and IPv6 next-header fields that this codec knows.
 *
 * @see https://www.iana.org/assignments/protocol-numbers
 */
export const IP_PROTOCOL = {
  hopByHop: 0,
  icmp: 1,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  esp: 50,
  authentication: 51,
  icmpv6: 58,
  noNextHeader: 59,
  destinationOptions: 60,
  mobility: 135,
  hip: 139,
  shim6: 140,
} as const;
