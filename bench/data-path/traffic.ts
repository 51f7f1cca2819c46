import { encodeEthernet, ETHERTYPE } from "../../appliance-agent/src/codec/ethernet";
import { concatBytes } from "../../appliance-agent/src/codec/byte-view";
import { encapsulateGwlb } from "../../appliance-agent/src/codec/gwlb-packet";
import { internetChecksum } from "../../appliance-agent/src/codec/internet-checksum";
import { composeIpv4 } from "../../appliance-agent/src/codec/ip-compose";
import { composeUdp } from "../../appliance-agent/src/codec/upper-layer-compose";

/** Outer addresses of every packet that is sent. */
export const GWLB_ADDRESS = "10.99.0.1";
/** Where they go. */
export const APPLIANCE_ADDRESS = "10.99.0.2";
/** The inner addresses are in these: clients and servers that no route of the host knows. */
export const CLIENTS = "10.0.0.0/8";

const ETHERNET_BYTES = 14;
const INNER_AT = 82;
const FLOW_AT = INNER_AT + 28;
const [INNER_TTL_AT, INNER_CHECKSUM_AT] = [INNER_AT + 8, INNER_AT + 10];
const IPV4_BYTES = 20;
const IPV4_AND_UDP_BYTES = 28;
/** Neither web nor QUIC: no rule of a preset says anything about it. */
const SERVER_PORT = 5000;
const ATTACHMENT = 0x1122_3344_5566_7788n;
/** `TEMPLATE_BYTES` of traffic.h. */
const TEMPLATE_BYTES = 144;
/** Smallest inner packet whose frame is as long as the template. */
const SMALLEST_INNER_BYTES = TEMPLATE_BYTES - INNER_AT;

/** What is sent, packet after packet. */
export interface Traffic {
  /** 1 to 2^24. */
  readonly flows: number;
  /** Length of the packets inside, headers included. */
  readonly innerBytes: number;
  /** 16 hexadecimal digits. @default "0123456789abcd00" */
  readonly endpoint?: string;
}

/** Ethernet addresses of the two ends. */
export interface Link {
  readonly gwlbMac: Uint8Array;
  readonly applianceMac: Uint8Array;
}

/** The endpoint whose packets are sent. */
export const ENDPOINT = "0123456789abcd00";

/** The frame of a flow's packets as the load balancer sends them, the same as `generate` of generator.bpf.c makes. */
export function frameOf(traffic: Traffic, link: Link, flow: number): Uint8Array {
  if (traffic.innerBytes < SMALLEST_INNER_BYTES)
    throw new Error(`traffic: inner packet too short, got ${traffic.innerBytes}; at least ${SMALLEST_INNER_BYTES}`);
  const hash = Math.imul(flow, 0x9e3779b1) >>> 0;
  const ends = { source: address(0x0a000000 | (flow & 0xffffff)), destination: address(0xac100000 | (hash >>> 12)) };
  const payload = Uint8Array.from({ length: traffic.innerBytes - IPV4_AND_UDP_BYTES }, (_, index) => index * 7);
  Buffer.from(payload.buffer).writeUInt32BE(flow);
  const udp = composeUdp(ends, { sourcePort: 1024 + (hash >>> 17), destinationPort: SERVER_PORT }, payload);
  udp.bytes.fill(0, 6, 8); // no checksum: it need not be computed for every packet
  const packet = encapsulateGwlb({
    source: GWLB_ADDRESS,
    destination: APPLIANCE_ADDRESS,
    sourcePort: 0xc000 | (hash >>> 18),
    gwlb: { endpointId: BigInt(`0x${traffic.endpoint ?? ENDPOINT}`), attachmentId: ATTACHMENT, flowCookie: hash },
    inner: composeIpv4(ends, udp),
  });
  const ethernet = encodeEthernet({
    destination: link.applianceMac,
    source: link.gwlbMac,
    etherType: ETHERTYPE.ipv4,
  });
  return concatBytes(ethernet, packet);
}

/** `struct template` of traffic.h. */
export function encodeTemplate(frame: Uint8Array): Buffer {
  return Buffer.from(frame.subarray(0, TEMPLATE_BYTES));
}

/** What `generate` is told, `struct traffic` of traffic.h. @param packetsPerSecond 0: as fast as it goes @param most packets, 0: no limit */
export function encodeTraffic(
  frame: Uint8Array,
  { flows, device, packetsPerSecond, most }: { flows: number; device: number; packetsPerSecond: number; most: number },
): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32LE(flows, 0);
  bytes.writeUInt32LE(device, 4);
  bytes.set(frame.subarray(ETHERNET_BYTES + 12, ETHERNET_BYTES + 16), 8);
  bytes.writeUInt32LE(0xffff ^ internetChecksum(sameInAllFlows(frame)), 12);
  bytes.writeBigUInt64LE(packetsPerSecond === 0 ? 0n : BigInt(Math.round(256e9 / packetsPerSecond)), 16);
  bytes.writeBigUInt64LE(BigInt(most), 24);
  return bytes;
}

/** The inner IPv4 header without checksum and addresses. */
function sameInAllFlows(frame: Uint8Array): Uint8Array {
  const header = frame.slice(INNER_AT, INNER_AT + IPV4_BYTES);
  header.fill(0, 10);
  return header;
}

/** The flow that a frame, on its way there or back, says it is of. */
export function flowOf(frame: Uint8Array): number {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).readUInt32BE(FLOW_AT);
}

/**
 * What is wrong with a frame that came back, or undefined. The appliance swaps Ethernet and outer addresses and leaves
 * ports, GENEVE bytes and the packet inside as they were; one that routes lowers the TTL.
 */
export function problemOf(frame: Uint8Array, traffic: Traffic, link: Link): string | undefined {
  const sent = frameOf(traffic, link, flowOf(frame));
  if (frame.length !== sent.length) return `length ${frame.length}`;
  const same = (from: number, to: number, of = from) =>
    Buffer.compare(frame.subarray(from, to), sent.subarray(of, of + to - from)) === 0;
  if (!same(0, 6, 6) || !same(6, 12, 0)) return "Ethernet addresses";
  if (internetChecksum(frame.subarray(ETHERNET_BYTES, ETHERNET_BYTES + IPV4_BYTES)) !== 0) return "outer checksum";
  if (!same(26, 30, 30) || !same(30, 34, 26)) return "outer addresses";
  if (!same(34, 40)) return "UDP ports or length";
  if (!same(42, INNER_AT)) return "GENEVE bytes";
  if (!same(INNER_AT, INNER_TTL_AT) || !same(INNER_TTL_AT + 1, INNER_CHECKSUM_AT)) return "inner header";
  const lowered = (sent[INNER_TTL_AT] ?? 0) - (frame[INNER_TTL_AT] ?? 0);
  if (lowered !== 0 && lowered !== 1) return "inner TTL";
  if (internetChecksum(frame.subarray(INNER_AT, INNER_AT + IPV4_BYTES)) !== 0) return "inner checksum";
  return same(INNER_CHECKSUM_AT + 2, frame.length) ? undefined : "inner packet";
}

const address = (value: number): string => [24, 16, 8, 0].map((shift) => String((value >>> shift) & 255)).join(".");
