import { Address, parseAddress } from "./prefix";

/** One end of a packet's address pair. */
export interface PacketAddress {
  /** For people: an address, or `public address of aws_instance.client` when AWS has not assigned it yet. */
  readonly text: string;
  readonly address?: Address;
  /** The network interface that has the address. */
  readonly interfaceId?: string;
}

/** The packet that walks: addresses as they are at this hop. Ports stay as sent, except for ICMP, which has none. */
export interface Packet {
  readonly source: PacketAddress;
  readonly destination: PacketAddress;
  readonly protocol: Protocol;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** Protocols that can be walked. */
export type Protocol = "tcp" | "udp" | "icmp" | "icmpv6";

/** IANA's numbers: https://www.iana.org/assignments/protocol-numbers */
const NUMBERS: Readonly<Record<Protocol, string>> = { tcp: "6", udp: "17", icmp: "1", icmpv6: "58" };

/** Whether a rule's protocol, a name or a number or `-1`, names this one. */
export function protocolMatches(rule: string, protocol: Protocol): boolean {
  return rule === "-1" || rule === "all" || rule.toLowerCase() === protocol || rule === NUMBERS[protocol];
}

/** A packet's address from text. */
export function packetAddress(text: string, interfaceId?: string): PacketAddress {
  return { text, address: parseAddress(text), interfaceId };
}

/** The same packet on its way back. */
export function reversed(packet: Packet): Packet {
  const { source, destination, sourcePort, destinationPort, protocol } = packet;
  return {
    source: destination,
    destination: source,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
    protocol,
  };
}

/** `10.1.0.4:49152 -> 198.51.100.10:443 tcp`. */
export function describePacket(packet: Packet): string {
  const end = (address: PacketAddress, port: number | undefined) =>
    port === undefined
      ? address.text
      : address.address?.family === "ipv6"
        ? `[${address.text}]:${port}`
        : `${address.text}:${port}`;
  return `${packet.protocol} ${end(packet.source, packet.sourcePort)} -> ${end(packet.destination, packet.destinationPort)}`;
}
