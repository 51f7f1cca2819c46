import { byteView } from "../../../appliance-agent/src/codec/byte-view";
import { DecodeError } from "../../../appliance-agent/src/codec/decode-error";
import { ETHERTYPE } from "../../../appliance-agent/src/codec/ethernet";
import { decapsulateGwlb, type ReceivedGwlbPacket } from "../../../appliance-agent/src/codec/gwlb-packet";
import { formatEndpointId } from "../../../appliance-agent/src/codec/gwlb-options";
import { decodeIpPacket } from "../../../appliance-agent/src/codec/ip-packet";
import { formatIpAddress } from "../../../appliance-agent/src/codec/ip-address";
import { IP_PROTOCOL } from "../../../appliance-agent/src/codec/ip-protocol";
import { decodeTcp, tcpHeaderLength } from "../../../appliance-agent/src/codec/tcp";
import { COOKED_HEADER_LENGTH, decodeCookedHeader, LINKTYPE_LINUX_SLL2 } from "./cooked-header";
import { decodePcapFile } from "./pcap-file";

/** What was captured in one namespace. */
export interface NamespaceCapture {
  readonly host: string;
  /** A pcap file of all interfaces, `tcpdump -i any -y LINUX_SLL2`. */
  readonly pcap: Uint8Array;
  /** Names of the namespace's interfaces by index. */
  readonly interfaces: ReadonlyMap<number, string>;
}

/** An IP packet, without its encapsulation. */
export interface SeenPacket {
  readonly bytes: Uint8Array;
  readonly family: "ipv4" | "ipv6";
  readonly source: string;
  readonly destination: string;
  /** IANA number of the upper-layer protocol. */
  readonly protocol: number;
  /** Of TCP and UDP. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** TTL or hop limit. */
  readonly ttl: number;
  /** What follows the upper-layer header of TCP; the whole upper-layer packet of other protocols. */
  readonly data: Uint8Array;
  /** Control bits of TCP. */
  readonly tcpFlags?: number;
  /** The same wherever the packet is seen, translated or not; a retransmission has another one (IPv4). */
  readonly identity: string;
}

/** GENEVE around a packet. */
export interface SeenEncapsulation {
  readonly outerSource: string;
  readonly outerDestination: string;
  readonly udpSourcePort: number;
  readonly vni: number;
  /** 16 hexadecimal digits. */
  readonly endpointId: string;
  readonly attachmentId: string;
  /** 8 hexadecimal digits. */
  readonly cookie: string;
}

/** One packet at one interface. */
export interface Sighting {
  readonly host: string;
  readonly interface: string;
  readonly direction: "in" | "out";
  readonly timeNanoseconds: bigint;
  readonly packet: SeenPacket;
  readonly encapsulation?: SeenEncapsulation;
}

/** Every IP packet of some captures, the earliest first. What is no whole IP packet is left out. */
export function sightingsOf(captures: readonly NamespaceCapture[]): readonly Sighting[] {
  return captures
    .flatMap((capture) => inNamespace(capture))
    .sort((a, b) => Number(a.timeNanoseconds - b.timeNanoseconds));
}

function inNamespace({ host, pcap, interfaces }: NamespaceCapture): Sighting[] {
  const { linkType, frames } = decodePcapFile(pcap);
  if (linkType !== LINKTYPE_LINUX_SLL2) {
    throw new Error(
      `capture: ${host} must have link type ${LINKTYPE_LINUX_SLL2}, got ${linkType}; capture with -i any -y LINUX_SLL2`,
    );
  }
  return frames.flatMap(({ timeNanoseconds, bytes }) => {
    try {
      const { protocol, interfaceIndex, direction } = decodeCookedHeader(bytes);
      if (protocol !== ETHERTYPE.ipv4 && protocol !== ETHERTYPE.ipv6) return [];
      const name = interfaces.get(interfaceIndex) ?? `interface ${interfaceIndex}`;
      return [{ host, interface: name, direction, timeNanoseconds, ...read(bytes.subarray(COOKED_HEADER_LENGTH)) }];
    } catch (error) {
      if (error instanceof DecodeError) return [];
      throw error;
    }
  });
}

function read(bytes: Uint8Array): Pick<Sighting, "packet" | "encapsulation"> {
  const outer = decapsulated(bytes);
  if (!outer) return { packet: readPacket(bytes) };
  const { source, destination, sourcePort, gwlb, geneve, inner } = outer;
  return {
    packet: readPacket(inner),
    encapsulation: {
      outerSource: source,
      outerDestination: destination,
      udpSourcePort: sourcePort,
      vni: geneve.header.vni,
      endpointId: formatEndpointId(gwlb.endpointId),
      attachmentId: formatEndpointId(gwlb.attachmentId),
      cookie: gwlb.flowCookie.toString(16).padStart(8, "0"),
    },
  };
}

/** Nothing when it is no packet of a Gateway Load Balancer. */
function decapsulated(bytes: Uint8Array): ReceivedGwlbPacket | undefined {
  try {
    return decapsulateGwlb(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** @throws DecodeError when it is none */
export function readPacket(bytes: Uint8Array): SeenPacket {
  const { family, source, destination, protocol, payload } = decodeIpPacket(bytes);
  const view = byteView(bytes);
  const common = {
    bytes,
    family,
    source: formatIpAddress(source),
    destination: formatIpAddress(destination),
    protocol,
    ttl: view.getUint8(family === "ipv4" ? 8 : 7),
  };
  const identification = family === "ipv4" ? view.getUint16(4) : "";
  if (protocol === IP_PROTOCOL.tcp) {
    const tcp = decodeTcp(payload);
    const data = payload.subarray(tcpHeaderLength(tcp));
    const { sourcePort, destinationPort, flags, sequenceNumber, acknowledgmentNumber } = tcp;
    // Not its options: an appliance may lower the maximum segment size.
    const identity = `tcp ${identification} ${sequenceNumber} ${acknowledgmentNumber} ${flags} ${hex(data)}`;
    return { ...common, sourcePort, destinationPort, tcpFlags: flags, data, identity };
  }
  if (protocol === IP_PROTOCOL.udp && payload.length >= 8) {
    const ports = byteView(payload);
    const [sourcePort, destinationPort] = [ports.getUint16(0), ports.getUint16(2)];
    const data = payload.subarray(8);
    return { ...common, sourcePort, destinationPort, data, identity: `udp ${identification} ${hex(data)}` };
  }
  // Without the checksum, which a translation changes.
  const identity = `${protocol} ${identification} ${hex(payload.subarray(0, 2))} ${hex(payload.subarray(4))}`;
  return { ...common, data: payload, identity };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
