import { byteView, concatBytes } from "../../../../appliance-agent/src/codec/byte-view";
import { encapsulateGwlb } from "../../../../appliance-agent/src/codec/gwlb-packet";
import { composeIpv4, type UpperLayer } from "../../../../appliance-agent/src/codec/ip-compose";
import { composeIcmp } from "../../../../appliance-agent/src/codec/upper-layer-compose";
import type { Wiring } from "../../../../tools/lab/fabric/wiring";
import { type NamespaceCapture, type Sighting, sightingsOf } from "../../../../tools/lab/trace/sighting";
import type { Hop } from "../../../../tools/topology/walk-result";

/** One line of a hand-made capture: where, which way, and the bytes from the IP header on. */
export interface Line {
  readonly host: string;
  readonly name: string;
  readonly direction: "in" | "out";
  readonly bytes: Uint8Array;
}

export const CLIENT = "10.1.0.4";
export const PUBLIC = "203.0.113.10";
export const SERVER = "198.51.100.80";
export const APPLIANCE = "10.2.0.4";
export const NODE = "10.2.0.14";

/** An echo request with this TTL. */
export const ping = (source = CLIENT, ttl = 64, identification = 7): Uint8Array =>
  composeIpv4({ source, destination: SERVER }, composeIcmp({ type: 8 }, Buffer.from("trace")), { ttl, identification });

/** Any packet of the client's. */
export const fromClient = (upper: UpperLayer): Uint8Array =>
  composeIpv4({ source: CLIENT, destination: SERVER }, upper, { identification: 7 });

/** GENEVE from one end to the other. */
export const geneve = (inner: Uint8Array, source: string, destination: string, flowCookie = 0xabcd): Uint8Array =>
  encapsulateGwlb({
    ...{ source, destination, sourcePort: 60_001, inner },
    gwlb: { endpointId: 0x0a1b2c3d4e5f6001n, attachmentId: 1n, flowCookie },
  });

/** The way of a ping through a hairpin appliance, as far as the internet. */
export const WAY_OUT: readonly Line[] = [
  { host: "client", name: "ens5", direction: "out", bytes: ping() },
  { host: "client-eni", name: "vm", direction: "in", bytes: ping() },
  { host: "client-eni", name: "vpc", direction: "out", bytes: ping() },
  { host: "client-vpc", name: "client", direction: "in", bytes: ping() },
  { host: "client-vpc", name: "ep-1", direction: "out", bytes: ping() },
  { host: "gwlb", name: "ep-1", direction: "in", bytes: ping() },
  { host: "gwlb", name: "lb-1", direction: "out", bytes: geneve(ping(), NODE, APPLIANCE) },
  { host: "inspection-vpc", name: "lb-1", direction: "in", bytes: geneve(ping(), NODE, APPLIANCE) },
  { host: "inspection-vpc", name: "appliance", direction: "out", bytes: geneve(ping(), NODE, APPLIANCE) },
  { host: "appliance", name: "ens5", direction: "in", bytes: geneve(ping(), NODE, APPLIANCE) },
  { host: "appliance", name: "ens5", direction: "out", bytes: geneve(ping(), APPLIANCE, NODE) },
  { host: "appliance-eni", name: "vm", direction: "in", bytes: geneve(ping(), APPLIANCE, NODE) },
  { host: "gwlb", name: "lb-1", direction: "in", bytes: geneve(ping(), APPLIANCE, NODE) },
  { host: "gwlb", name: "ep-1", direction: "out", bytes: ping() },
  { host: "client-vpc", name: "ep-1", direction: "in", bytes: ping() },
  { host: "client-vpc", name: "igw", direction: "out", bytes: ping() },
  { host: "client-vpc-igw", name: "vpc", direction: "in", bytes: ping() },
  { host: "client-vpc-igw", name: "public", direction: "out", bytes: ping(PUBLIC) },
  { host: "internet", name: "igw-1", direction: "in", bytes: ping(PUBLIC) },
];

/** A way in which one line is another: `replaced(WAY_OUT, 9, { bytes })`. */
export const replaced = (lines: readonly Line[], at: number, change: Partial<Line>): readonly Line[] =>
  lines.map((line, index) => (index === at ? { ...line, ...change } : line));

/** What would have been captured, through pcap files as tcpdump writes them on this byte order. */
export function sightings(lines: readonly Line[]): readonly Sighting[] {
  const names = [...new Set(lines.map(({ name }) => name))];
  const hosts = [...new Set(lines.map(({ host }) => host))];
  const captures = hosts.map((host): NamespaceCapture => ({
    host,
    interfaces: new Map(names.map((name, index) => [index + 1, name])),
    pcap: concatBytes(
      pcapHeader(276),
      ...lines.flatMap((line, time) => (line.host === host ? [record(line, time, names.indexOf(line.name) + 1)] : [])),
    ),
  }));
  return sightingsOf(captures);
}

/** A little-endian header with nanoseconds. */
export function pcapHeader(linkType: number): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = byteView(bytes);
  view.setUint32(0, 0xa1b23c4d, true);
  view.setUint32(20, linkType, true);
  return bytes;
}

function record({ direction, bytes }: Line, time: number, index: number): Uint8Array {
  const header = new Uint8Array(16 + 20);
  const view = byteView(header);
  view.setUint32(0, 1_795_000_000, true);
  view.setUint32(4, time, true);
  view.setUint32(8, 20 + bytes.length, true);
  view.setUint32(12, 20 + bytes.length, true);
  view.setUint16(16, 0x0800);
  view.setUint32(20, index);
  view.setUint8(26, direction === "out" ? 4 : 0);
  return concatBytes(header, bytes);
}

/** As much of a lab's wiring as the trace asks for. */
export const WIRING = {
  topology: {
    loadBalancers: [{ id: "lb", kind: "gateway" }],
    gateways: [{ id: "igw", vpcId: "vpc-1", kind: "internet gateway" }],
  },
  vpcs: [
    { host: "client-vpc", vpc: { id: "vpc-1" } },
    { host: "inspection-vpc", vpc: { id: "vpc-2" } },
  ],
  instances: [
    {
      ...{ host: "client", role: "client", addresses: [CLIENT], publicAddress: PUBLIC, instance: { id: "i-client" } },
      networkInterface: { id: "eni-client", subnetId: "subnet-client" },
    },
    {
      ...{ host: "appliance", role: "appliance", addresses: [APPLIANCE] },
      ...{ instance: { id: "i-appliance", address: "appliance" }, subnet: { id: "subnet-appliance", zone: "a" } },
      networkInterface: { id: "eni-appliance", subnetId: "subnet-appliance" },
    },
  ],
  endpoints: [
    { interface: "ep-1", id: "0a1b2c3d4e5f6001", endpoint: { id: "vpce" }, subnet: { id: "subnet-endpoint" } },
  ],
  nodes: [{ interface: "lb-1", subnet: { id: "subnet-appliance" } }],
} as unknown as Wiring;

const end = (text: string, interfaceId?: string) => ({ text, interfaceId });
const common = { filters: [], assumptions: [], text: "" } as const;
const packet = (source: ReturnType<typeof end>): Hop["packet"] => ({
  source,
  destination: end(SERVER),
  protocol: "icmp",
});
const inside = packet(end(CLIENT, "eni-client"));
const outside = packet(end("public address of client", "eni-client"));
const outer = { protocol: "GENEVE", udpPort: 6081, vni: 0 } as const;

/** What the walk of that ping predicts. */
export const PREDICTED: readonly Hop[] = [
  { ...common, kind: "host", id: "i-client", name: "client", subnetId: "subnet-client", packet: inside },
  { ...common, kind: "VPC router", vpcId: "vpc-1", name: "vpc", packet: inside },
  { ...common, kind: "GWLB endpoint", id: "vpce", name: "endpoint", subnetId: "subnet-endpoint", packet: inside },
  {
    ...{ ...common, kind: "Gateway Load Balancer", id: "lb", name: "lb", subnetId: "subnet-appliance", packet: inside },
    encapsulation: { ...outer, outerSource: "10.2.0.0/28", outerDestination: APPLIANCE },
  },
  {
    ...{ ...common, kind: "appliance", id: "i-appliance", name: "appliance", packet: inside },
    encapsulation: { ...outer, outerSource: APPLIANCE, outerDestination: "10.2.0.0/28" },
  },
  { ...common, kind: "Gateway Load Balancer", id: "lb", name: "lb", subnetId: "subnet-appliance", packet: inside },
  { ...common, kind: "GWLB endpoint", id: "vpce", name: "endpoint", subnetId: "subnet-endpoint", packet: inside },
  { ...common, kind: "VPC router", vpcId: "vpc-1", name: "vpc", packet: inside },
  { ...common, kind: "internet gateway", id: "igw", name: "igw", packet: outside },
  { ...common, kind: "internet", name: SERVER, packet: outside },
];
