import { concatBytes } from "./byte-view";
import { DecodeError, requireBytes } from "./decode-error";
import { ETHERTYPE } from "./ethernet";
import { GENEVE_PORT } from "./geneve-header";
import { GenevePacket, decodeGenevePacket, encodeGenevePacket } from "./geneve-packet";
import { GeneveOption } from "./geneve-option";
import { GwlbOptions, decodeGwlbOptions, encodeGwlbOptions } from "./gwlb-options";
import { Ends, Ipv4Fields, composeIpv4 } from "./ip-compose";
import { formatIpAddress } from "./ip-address";
import { decodeIpPacket } from "./ip-packet";
import { IP_PROTOCOL } from "./ip-protocol";
import { UDP_LENGTH, decodeUdp, encodeUdp } from "./udp";

/** A packet between a Gateway Load Balancer and an appliance, from the outer IPv4 header on. */
export interface GwlbPacket extends Ends {
  /** Of the load balancer, in both directions: the appliance does not swap ports. */
  readonly sourcePort: number;
  readonly gwlb: GwlbOptions;
  /** The inner packet, IPv4 or IPv6; a view. */
  readonly inner: Uint8Array;
}

/** What a test may want otherwise than a Gateway Load Balancer does it. */
export interface GwlbPacketFields {
  /** @default - AWS's three, in AWS's order */
  readonly options?: readonly GeneveOption[];
  readonly outer?: Ipv4Fields;
  /** @default - the inner packet's */
  readonly protocolType?: number;
  /** @default 0 */
  readonly vni?: number;
}

/** The outer IPv4 packet, UDP checksum 0 as a Gateway Load Balancer and the tunnel's Linux end send it. */
export function encapsulateGwlb(packet: GwlbPacket, fields: GwlbPacketFields = {}): Uint8Array {
  const isIpv6 = (packet.inner[0] ?? 0) >> 4 === 6;
  const geneve = encodeGenevePacket({
    header: {
      control: false,
      critical: false,
      reserved1: 0,
      protocolType: fields.protocolType ?? (isIpv6 ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4),
      vni: fields.vni ?? 0,
      reserved2: 0,
    },
    options: fields.options ?? encodeGwlbOptions(packet.gwlb),
    payload: packet.inner,
  });
  const udp = encodeUdp({
    sourcePort: packet.sourcePort,
    destinationPort: GENEVE_PORT,
    length: UDP_LENGTH + geneve.length,
    checksum: 0,
  });
  return composeIpv4(packet, { protocol: IP_PROTOCOL.udp, bytes: concatBytes(udp, geneve) }, fields.outer);
}

/** A {@link GwlbPacket} as it was received, with the parts that must come back unchanged. */
export interface ReceivedGwlbPacket extends GwlbPacket {
  readonly geneve: GenevePacket;
  /** GENEVE header and options, which a Gateway Load Balancer wants back unchanged; a view. */
  readonly geneveBytes: Uint8Array;
  /** As received; 0 when the sender did not compute it. */
  readonly udpChecksum: number;
}

/**
 * @param bytes the outer IPv4 packet, without Ethernet header
 * @throws DecodeError when it is not GENEVE to port 6081 with AWS's three options
 */
export function decapsulateGwlb(bytes: Uint8Array): ReceivedGwlbPacket {
  const outer = decodeIpPacket(bytes);
  if (outer.family !== "ipv4" || outer.protocol !== IP_PROTOCOL.udp || outer.fragment) {
    throw new DecodeError(
      "protocol",
      `GWLB packet: not UDP over IPv4, got ${outer.family} protocol ${outer.protocol}; UDP 6081`,
    );
  }
  const udp = decodeUdp(outer.payload);
  if (udp.destinationPort !== GENEVE_PORT) {
    throw new DecodeError("protocol", `GWLB packet: another UDP port, got ${udp.destinationPort}; ${GENEVE_PORT}`);
  }
  requireBytes("UDP datagram", outer.payload, udp.length);
  const datagram = outer.payload.subarray(UDP_LENGTH, udp.length);
  const geneve = decodeGenevePacket(datagram);
  return {
    source: formatIpAddress(outer.source),
    destination: formatIpAddress(outer.destination),
    sourcePort: udp.sourcePort,
    gwlb: decodeGwlbOptions(geneve.options),
    inner: geneve.payload,
    geneve,
    geneveBytes: datagram.subarray(0, datagram.length - geneve.payload.length),
    udpChecksum: udp.checksum,
  };
}
