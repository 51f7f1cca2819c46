import {
  composeIcmp,
  composeIcmpv6,
  composeTcp,
  composeUdp,
} from "../../appliance-agent/src/codec/upper-layer-compose";
import { composeIp, composeIpv4, composeIpv6 } from "../../appliance-agent/src/codec/ip-compose";
import { encodeGwlbOptions } from "../../appliance-agent/src/codec/gwlb-options";
import { GeneveOption } from "../../appliance-agent/src/codec/geneve-option";
import { internetChecksum } from "../../appliance-agent/src/codec/internet-checksum";
import { encodeIpv6Fragment } from "../../appliance-agent/src/codec/ipv6-extension";
import { DropReason } from "../../appliance-agent/src/drop-reason";
import { Rule } from "../../appliance-agent/src/rules/rule";
import { Fate, GWLB, OUTER, frame, gwlbFrame } from "./loaded-for-test";

/** One line of the verdict table. */
export interface Case {
  readonly name: string;
  readonly packet: Uint8Array;
  readonly verdict: Fate;
  readonly drop?: DropReason;
}

/** The rules that the table is judged by. */
export const TABLE_RULES: readonly Rule[] = [
  { name: "no-http", match: { protocol: "tcp", destinationPorts: [80] }, action: "drop" },
  { name: "no-dns-over-range", match: { protocol: "udp", sourcePorts: [[1000, 1999]] }, action: "drop" },
  { name: "no-ping", match: { protocol: "icmp", icmpType: 8 }, action: "drop" },
  { name: "no-ping6", match: { protocol: "icmpv6", icmpType: 128 }, action: "drop" },
  { name: "no-documentation", match: { source: ["198.51.100.0/24"] }, action: "drop" },
  { name: "no-documentation6", match: { destination: ["2001:db8:dead::/48"] }, action: "drop" },
];

const V4 = { source: "10.1.0.5", destination: "203.0.113.7" };
const V6 = { source: "2001:db8::5", destination: "2001:db8:1::7" };
const PORTS = { sourcePort: 40_000, destinationPort: 443 };
const HTTP = { sourcePort: 40_000, destinationPort: 80 };
const tcp4 = composeIpv4(V4, composeTcp(V4, PORTS));
const http4 = composeIpv4(V4, composeTcp(V4, HTTP));
const http6 = composeIpv6(V6, composeTcp(V6, HTTP));

const IP = 14;
const UDP = IP + 20;
const GENEVE = UDP + 8;
const OPTIONS = GENEVE + 8;
const INNER = OPTIONS + 32;

/** A frame with bytes changed; the outer checksum is put right unless it was what changed. */
export function changed(from: Uint8Array, ...changes: (readonly [at: number, ...bytes: number[]])[]): Uint8Array {
  const bytes = from.slice();
  for (const [at, ...values] of changes) bytes.set(values, at);
  const header = bytes.subarray(IP, IP + ((bytes[IP] ?? 0) & 0xf) * 4);
  if (changes.every(([at]) => at !== IP + 10) && header.length >= 20) {
    header.set([0, 0], 10);
    const sum = internetChecksum(header);
    header.set([sum >> 8, sum & 0xff], 10);
  }
  return bytes;
}

const extra = (type: number, dataLength: number, critical = false): GeneveOption => ({
  optionClass: 0x0102,
  critical,
  type,
  reserved: 0,
  data: new Uint8Array(dataLength).fill(7),
});
const aws = encodeGwlbOptions(GWLB);
const options = (...all: GeneveOption[]) => gwlbFrame(tcp4, { options: all });
const hop = { protocol: 0, data: new Uint8Array(6) };
const routing = { protocol: 43, data: new Uint8Array(14) };
const destinationOptions = { protocol: 60, data: new Uint8Array(22) };
const authentication = { protocol: 51, data: new Uint8Array(22) };
const atomic = { protocol: 44, data: encodeIpv6Fragment({ offset: 0, moreFragments: false, identification: 1 }) };
const first = { protocol: 44, data: encodeIpv6Fragment({ offset: 0, moreFragments: true, identification: 2 }) };
const withExtensions = (...extensions: { protocol: number; data: Uint8Array }[]) =>
  gwlbFrame(composeIpv6(V6, composeTcp(V6, HTTP), { extensions }));

/** Every packet that is judged by itself. */
export const CASES: readonly Case[] = [
  { name: "TCP over IPv4", packet: gwlbFrame(tcp4), verdict: "send" },
  { name: "TCP over IPv6", packet: gwlbFrame(composeIpv6(V6, composeTcp(V6, PORTS))), verdict: "send" },
  { name: "UDP without payload", packet: gwlbFrame(composeIp(V4, composeUdp(V4, PORTS))), verdict: "send" },
  {
    name: "ESP, which has no ports",
    packet: gwlbFrame(composeIp(V4, { protocol: 50, bytes: new Uint8Array(2) })),
    verdict: "send",
  },
  {
    name: "an IPv4 packet without payload",
    packet: gwlbFrame(composeIp(V4, { protocol: 59, bytes: new Uint8Array() })),
    verdict: "send",
  },
  {
    name: "1400 bytes",
    packet: gwlbFrame(composeIp(V4, composeUdp(V4, PORTS, new Uint8Array(1372)))),
    verdict: "send",
  },

  // left to the host
  { name: "ARP", packet: frame(new Uint8Array(46), 0x0806), verdict: "pass" },
  { name: "a frame too short for IPv4", packet: frame(new Uint8Array(8), 0x0806), verdict: "pass" },
  {
    name: "outer IPv6",
    packet: frame(composeIp(V6, composeUdp(V6, { ...PORTS, destinationPort: 6081 })), 0x86dd),
    verdict: "pass",
  },
  {
    name: "TCP to port 6081",
    packet: frame(composeIp(V4, composeTcp(V4, { ...PORTS, destinationPort: 6081 }))),
    verdict: "pass",
  },
  { name: "UDP to another port", packet: changed(gwlbFrame(tcp4), [UDP + 2, 0x17, 0xc2]), verdict: "pass" },
  { name: "UDP cut short in its ports", packet: gwlbFrame(tcp4).subarray(0, UDP + 3), verdict: "pass" },
  { name: "another station's address", packet: changed(gwlbFrame(tcp4), [5, 9]), verdict: "pass" },
  { name: "a group address", packet: changed(gwlbFrame(tcp4), [0, 3]), verdict: "pass" },
  { name: "outer version 5", packet: changed(gwlbFrame(tcp4), [IP, 0x55]), verdict: "pass" },
  { name: "outer header length 16", packet: changed(gwlbFrame(tcp4), [IP, 0x44]), verdict: "pass" },
  { name: "a later outer fragment", packet: changed(gwlbFrame(tcp4), [IP + 6, 0x00, 0x10]), verdict: "pass" },

  // outer headers
  {
    name: "an untrusted source",
    packet: gwlbFrame(tcp4, {}, { source: "10.2.1.10" }),
    verdict: "drop",
    drop: "untrusted_source",
  },
  {
    name: "a first outer fragment",
    packet: changed(gwlbFrame(tcp4), [IP + 6, 0x20, 0]),
    verdict: "drop",
    drop: "outer_fragment",
  },
  {
    name: "outer total length beyond the frame",
    packet: changed(gwlbFrame(tcp4), [IP + 2, 1, 0]),
    verdict: "drop",
    drop: "outer_header",
  },
  {
    name: "outer total length without UDP",
    packet: changed(gwlbFrame(tcp4), [IP + 2, 0, 27]),
    verdict: "drop",
    drop: "outer_header",
  },
  {
    name: "UDP cut short behind its ports",
    packet: gwlbFrame(tcp4).subarray(0, UDP + 7),
    verdict: "drop",
    drop: "outer_header",
  },
  {
    name: "UDP cut short behind its ports, as IPv4 says too",
    packet: changed(gwlbFrame(tcp4).subarray(0, UDP + 7), [IP + 2, 0, 27]),
    verdict: "drop",
    drop: "outer_header",
  },
  {
    name: "a wrong outer checksum",
    packet: changed(gwlbFrame(tcp4), [IP + 10, 0, 0]),
    verdict: "drop",
    drop: "outer_checksum",
  },
  {
    name: "a UDP length too small",
    packet: changed(gwlbFrame(tcp4), [UDP + 4, 0, 87]),
    verdict: "drop",
    drop: "udp_length",
  },
  {
    name: "a UDP length too large",
    packet: changed(gwlbFrame(tcp4), [UDP + 4, 0, 89]),
    verdict: "drop",
    drop: "udp_length",
  },
  {
    name: "outer IP options",
    packet: gwlbFrame(tcp4, { outer: { options: Uint8Array.from([7, 7, 4, 0, 0, 0, 0, 0]) } }),
    verdict: "send",
  },
  {
    name: "40 bytes of outer IP options",
    packet: gwlbFrame(tcp4, { outer: { options: new Uint8Array(40).fill(1) } }),
    verdict: "send",
  },
  {
    name: "a wrong checksum with outer IP options",
    packet: changed(gwlbFrame(tcp4, { outer: { options: new Uint8Array(4).fill(1) } }), [IP + 10, 0, 0]),
    verdict: "drop",
    drop: "outer_checksum",
  },
  { name: "Ethernet padding", packet: Buffer.concat([gwlbFrame(tcp4), Buffer.alloc(20)]), verdict: "send" },

  // GENEVE
  {
    name: "GENEVE cut short",
    packet: frame(composeIp(OUTER, composeUdp(OUTER, { ...PORTS, destinationPort: 6081 }, new Uint8Array(7)))),
    verdict: "drop",
    drop: "geneve_truncated",
  },
  {
    name: "options beyond the datagram",
    packet: changed(gwlbFrame(tcp4), [GENEVE, 0x3f]),
    verdict: "drop",
    drop: "geneve_truncated",
  },
  {
    name: "GENEVE version 1",
    packet: changed(gwlbFrame(tcp4), [GENEVE, 0x48]),
    verdict: "drop",
    drop: "geneve_version",
  },
  {
    name: "a control packet",
    packet: changed(gwlbFrame(tcp4), [GENEVE + 1, 0x80]),
    verdict: "drop",
    drop: "geneve_control",
  },
  {
    name: "the critical bit of the header alone",
    packet: changed(gwlbFrame(tcp4), [GENEVE + 1, 0x40]),
    verdict: "send",
  },
  { name: "a VNI", packet: gwlbFrame(tcp4, { vni: 77 }), verdict: "send" },
  {
    name: "an option beyond the options",
    packet: changed(gwlbFrame(tcp4), [OPTIONS + 27, 2]),
    verdict: "drop",
    drop: "geneve_option",
  },
  {
    name: "an endpoint option of 4 bytes",
    packet: changed(gwlbFrame(tcp4), [OPTIONS + 3, 1]),
    verdict: "drop",
    drop: "geneve_option",
  },
  { name: "two endpoint options", packet: options(...aws, ...aws.slice(0, 1)), verdict: "drop", drop: "geneve_option" },
  {
    name: "an unknown critical option",
    packet: options(...aws, extra(1, 4, true)),
    verdict: "drop",
    drop: "critical_option",
  },
  { name: "no endpoint option", packet: options(...aws.slice(1)), verdict: "drop", drop: "no_endpoint_option" },
  { name: "no options", packet: options(), verdict: "drop", drop: "no_endpoint_option" },
  { name: "options in another order", packet: options(...[...aws].reverse()), verdict: "send" },
  { name: "unknown options among AWS's", packet: options(extra(1, 0), ...aws, extra(2, 124)), verdict: "send" },
  { name: "252 bytes of options", packet: options(...aws, extra(1, 124), extra(2, 88)), verdict: "send" },
  {
    name: "63 options",
    packet: options(...Array.from({ length: 60 }, (_, i) => extra(i, 0)), aws[0] as GeneveOption),
    verdict: "send",
  },
  {
    name: "an Ethernet frame inside",
    packet: gwlbFrame(tcp4, { protocolType: 0x6558 }),
    verdict: "drop",
    drop: "protocol_type",
  },

  // the packet inside
  {
    name: "IPv6 announced as IPv4",
    packet: gwlbFrame(http6, { protocolType: 0x0800 }),
    verdict: "drop",
    drop: "inner_version",
  },
  {
    name: "IPv4 announced as IPv6",
    packet: gwlbFrame(composeIp(V4, composeUdp(V4, PORTS, new Uint8Array(20))), { protocolType: 0x86dd }),
    verdict: "drop",
    drop: "inner_version",
  },
  { name: "nothing inside", packet: gwlbFrame(new Uint8Array()), verdict: "drop", drop: "inner_header" },
  { name: "19 bytes of IPv4", packet: gwlbFrame(tcp4.subarray(0, 19)), verdict: "drop", drop: "inner_header" },
  { name: "39 bytes of IPv6", packet: gwlbFrame(http6.subarray(0, 39)), verdict: "drop", drop: "inner_header" },
  {
    name: "inner header length 16",
    packet: changed(gwlbFrame(tcp4), [INNER, 0x44]),
    verdict: "drop",
    drop: "inner_header",
  },
  {
    name: "inner header longer than the packet",
    packet: gwlbFrame(changedInner(composeIp(V4, { protocol: 59, bytes: new Uint8Array() }), [0, 0x46])),
    verdict: "drop",
    drop: "inner_length",
  },
  { name: "an IPv4 packet cut short", packet: gwlbFrame(tcp4.subarray(0, 39)), verdict: "drop", drop: "inner_length" },
  {
    name: "bytes behind the IPv4 packet, as two merged datagrams have them",
    packet: gwlbFrame(Buffer.concat([tcp4, tcp4])),
    verdict: "drop",
    drop: "inner_length",
  },
  { name: "an IPv6 packet cut short", packet: gwlbFrame(http6.subarray(0, 59)), verdict: "drop", drop: "inner_length" },
  {
    name: "bytes behind the IPv6 packet",
    packet: gwlbFrame(Buffer.concat([http6, Buffer.alloc(1)])),
    verdict: "drop",
    drop: "inner_length",
  },
  {
    name: "TCP without its ports",
    packet: gwlbFrame(composeIp(V4, { protocol: 6, bytes: new Uint8Array(3) })),
    verdict: "drop",
    drop: "inner_transport",
  },
  {
    name: "ICMPv6 without its type",
    packet: gwlbFrame(composeIp(V6, { protocol: 58, bytes: new Uint8Array(3) })),
    verdict: "drop",
    drop: "inner_transport",
  },
  {
    name: "a first fragment without its ports (RFC 1858)",
    packet: gwlbFrame(
      composeIpv4(V4, { protocol: 6, bytes: new Uint8Array(0) }, { moreFragments: true, dontFragment: false }),
    ),
    verdict: "drop",
    drop: "inner_transport",
  },
  {
    name: "inner IP options",
    packet: gwlbFrame(composeIpv4(V4, composeTcp(V4, HTTP), { options: new Uint8Array(12).fill(1) })),
    verdict: "drop",
    drop: "rule",
  },
  {
    name: "8 extension headers",
    packet: withExtensions(hop, ...Array.from({ length: 7 }, () => destinationOptions)),
    verdict: "drop",
    drop: "rule",
  },
  {
    name: "9 extension headers",
    packet: withExtensions(hop, ...Array.from({ length: 8 }, () => destinationOptions)),
    verdict: "drop",
    drop: "inner_extensions",
  },
  {
    name: "an extension header beyond the packet",
    packet: gwlbFrame(changedInner(composeIpv6(V6, composeTcp(V6, HTTP), { extensions: [hop] }), [41, 9])),
    verdict: "drop",
    drop: "inner_extensions",
  },
  {
    name: "a fragment header in a fragment",
    packet: withExtensions(first, atomic),
    verdict: "drop",
    drop: "inner_extensions",
  },

  // rules
  { name: "a rule on a TCP port", packet: gwlbFrame(http4), verdict: "drop", drop: "rule" },
  { name: "a rule on a TCP port over IPv6", packet: gwlbFrame(http6), verdict: "drop", drop: "rule" },
  {
    name: "a rule behind every kind of extension header",
    packet: withExtensions(hop, routing, destinationOptions, authentication, atomic),
    verdict: "drop",
    drop: "rule",
  },
  { name: "UDP to the port of a TCP rule", packet: gwlbFrame(composeIp(V4, composeUdp(V4, HTTP))), verdict: "send" },
  {
    name: "the first port of a range",
    packet: gwlbFrame(composeIp(V4, composeUdp(V4, { ...PORTS, sourcePort: 1000 }))),
    verdict: "drop",
    drop: "rule",
  },
  {
    name: "the last port of a range",
    packet: gwlbFrame(composeIp(V4, composeUdp(V4, { ...PORTS, sourcePort: 1999 }))),
    verdict: "drop",
    drop: "rule",
  },
  {
    name: "the port behind a range",
    packet: gwlbFrame(composeIp(V4, composeUdp(V4, { ...PORTS, sourcePort: 2000 }))),
    verdict: "send",
  },
  { name: "an ICMP type", packet: gwlbFrame(composeIp(V4, composeIcmp({ type: 8 }))), verdict: "drop", drop: "rule" },
  { name: "another ICMP type", packet: gwlbFrame(composeIp(V4, composeIcmp({ type: 0 }))), verdict: "send" },
  {
    name: "an ICMPv6 type",
    packet: gwlbFrame(composeIp(V6, composeIcmpv6(V6, { type: 128 }))),
    verdict: "drop",
    drop: "rule",
  },
  { name: "ICMPv6 over IPv4", packet: gwlbFrame(composeIp(V4, composeIcmpv6(V6, { type: 128 }))), verdict: "send" },
  {
    name: "the first source of a CIDR",
    packet: gwlbFrame(composeIp({ ...V4, source: "198.51.100.0" }, composeIcmp({ type: 0 }))),
    verdict: "drop",
    drop: "rule",
  },
  {
    name: "the last source of a CIDR",
    packet: gwlbFrame(composeIp({ ...V4, source: "198.51.100.255" }, composeIcmp({ type: 0 }))),
    verdict: "drop",
    drop: "rule",
  },
  {
    name: "the source behind a CIDR",
    packet: gwlbFrame(composeIp({ ...V4, source: "198.51.101.0" }, composeIcmp({ type: 0 }))),
    verdict: "send",
  },
  {
    name: "a destination in an IPv6 CIDR",
    packet: gwlbFrame(composeIp({ ...V6, destination: "2001:db8:dead:ffff::1" }, composeUdp(V6, PORTS))),
    verdict: "drop",
    drop: "rule",
  },
  {
    name: "a destination behind an IPv6 CIDR",
    packet: gwlbFrame(composeIp({ ...V6, destination: "2001:db8:deae::" }, composeUdp(V6, PORTS))),
    verdict: "send",
  },
];

function changedInner(inner: Uint8Array, [at, value]: readonly [number, number]): Uint8Array {
  const bytes = inner.slice();
  bytes[at] = value;
  return bytes;
}
