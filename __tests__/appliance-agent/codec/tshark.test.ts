import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concatBytes } from "../../../appliance-agent/src/codec/byte-view";
import { encodeEthernet } from "../../../appliance-agent/src/codec/ethernet";
import { encapsulateGwlb } from "../../../appliance-agent/src/codec/gwlb-packet";
import { formatIpAddress } from "../../../appliance-agent/src/codec/ip-address";
import { decodeIpPacket } from "../../../appliance-agent/src/codec/ip-packet";
import { IP_PROTOCOL } from "../../../appliance-agent/src/codec/ip-protocol";
import { decodeIpv4 } from "../../../appliance-agent/src/codec/ipv4";
import { decodeIpv6 } from "../../../appliance-agent/src/codec/ipv6";
import { LINKTYPE, encodePcapHeader, encodePcapRecord } from "../../../appliance-agent/src/codec/pcap";
import { decodeTcp } from "../../../appliance-agent/src/codec/tcp";
import { decodeUdp } from "../../../appliance-agent/src/codec/udp";
import { hex } from "./header-tests";
import { describeWithTool, run } from "./oracle";
import { gwlbPacket } from "./some-packets";

const PACKETS = 300;

/** Where a field is in the outer and in the inner packet, tshark prints both, with a comma. */
const FIELDS = [
  ...["frame.time_epoch", "frame.len", "_ws.malformed"],
  ...["ip.src", "ip.dst", "ip.id", "ip.ttl", "ip.dsfield.dscp", "ip.dsfield.ecn", "ip.flags.df", "ip.len", "ip.proto"],
  ...["ip.checksum.status", "udp.srcport", "udp.dstport", "udp.length", "udp.checksum.status"],
  ...["geneve.version", "geneve.vni", "geneve.proto_type", "geneve.flags.oam", "geneve.flags.critical"],
  ...["geneve.option.class", "geneve.option.type", "geneve.option.length", "geneve.option.unknown.data"],
  ...["ipv6.src", "ipv6.dst", "ipv6.tclass", "ipv6.flow", "ipv6.plen", "ipv6.hlim"],
  ...["tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags", "tcp.window_size_value"],
  ...["tcp.urgent_pointer", "tcp.checksum.status", "icmp.type", "icmp.checksum.status"],
  ...["icmpv6.type", "icmpv6.checksum.status"],
] as const;

type Row = Partial<Record<(typeof FIELDS)[number], string>>;

const PREFERENCES = ["ip", "udp", "tcp"].flatMap((protocol) => ["-o", `${protocol}.check_checksum:TRUE`]);

function dissect(capture: Uint8Array): Row[] {
  const directory = mkdtempSync(join(tmpdir(), "codec-"));
  try {
    const file = join(directory, "packets.pcap");
    writeFileSync(file, capture);
    const columns = FIELDS.flatMap((field) => ["-e", field]);
    const printed = run("tshark", ["-r", file, "-n", ...PREFERENCES, "-T", "fields", "-E", "separator=|", ...columns]);
    return printed
      .trimEnd()
      .split("\n")
      .map((line) => {
        const cells = line.split("|");
        return Object.fromEntries(FIELDS.flatMap((field, i) => (cells[i] ? [[field, cells[i]]] : []))) as Row;
      });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Status 1 is good, 2 is unchecked or absent; tshark's proto_checksum_enum_e. */
const GOOD = "1";

/** What tshark should print about a packet that our codec made, as our codec reads it. */
function expected(
  bytes: Uint8Array,
  packet: { inner: Uint8Array; sourcePort: number; gwlb: Parameters<typeof hexOf>[0] },
): Row {
  const outer = decodeIpv4(bytes);
  const inner = decodeIpPacket(packet.inner);
  const udpLength = String(bytes.length - 20);
  const row: Row = {
    "_ws.malformed": undefined,
    "geneve.version": "0",
    "geneve.vni": "0x000000",
    "geneve.proto_type": inner.family === "ipv4" ? "0x0800" : "0x86dd",
    "geneve.flags.oam": "0",
    "geneve.flags.critical": "0",
    "geneve.option.class": "0x0108,0x0108,0x0108",
    "geneve.option.type": "0x01,0x02,0x03",
    "geneve.option.unknown.data": hexOf(packet.gwlb),
  };
  const headers = inner.family === "ipv4" ? [outer, decodeIpv4(packet.inner)] : [outer];
  const each = (value: (header: (typeof headers)[number]) => string) => headers.map(value).join(",");
  Object.assign(row, {
    "ip.src": each(({ source }) => formatIpAddress(source)),
    "ip.dst": each(({ destination }) => formatIpAddress(destination)),
    "ip.id": each(({ identification }) => `0x${identification.toString(16).padStart(4, "0")}`),
    "ip.ttl": each(({ ttl }) => String(ttl)),
    "ip.dsfield.dscp": each(({ dscp }) => String(dscp)),
    "ip.dsfield.ecn": each(({ ecn }) => String(ecn)),
    "ip.flags.df": each(({ dontFragment }) => (dontFragment ? "1" : "0")),
    "ip.len": each(({ totalLength }) => String(totalLength)),
    "ip.proto": each(({ protocol }) => String(protocol)),
    "ip.checksum.status": each(() => GOOD),
  });
  if (inner.family === "ipv6") {
    const header = decodeIpv6(packet.inner);
    Object.assign(row, {
      "ipv6.src": formatIpAddress(header.source),
      "ipv6.dst": formatIpAddress(header.destination),
      "ipv6.tclass": `0x${header.trafficClass.toString(16).padStart(8, "0")}`,
      "ipv6.flow": `0x${header.flowLabel.toString(16).padStart(6, "0")}`,
      "ipv6.plen": String(header.payloadLength),
      "ipv6.hlim": String(header.hopLimit),
    });
  }
  if (inner.protocol === IP_PROTOCOL.udp) {
    const udp = decodeUdp(inner.payload);
    Object.assign(row, {
      "udp.srcport": `${String(packet.sourcePort)},${String(udp.sourcePort)}`,
      "udp.dstport": `6081,${String(udp.destinationPort)}`,
      "udp.length": `${udpLength},${String(udp.length)}`,
      "udp.checksum.status": `3,${GOOD}`,
    });
    return row;
  }
  Object.assign(row, {
    "udp.srcport": String(packet.sourcePort),
    "udp.dstport": "6081",
    "udp.length": udpLength,
    "udp.checksum.status": "3",
  });
  if (inner.protocol === IP_PROTOCOL.tcp) {
    const tcp = decodeTcp(inner.payload);
    Object.assign(row, {
      "tcp.srcport": String(tcp.sourcePort),
      "tcp.dstport": String(tcp.destinationPort),
      "tcp.seq_raw": String(tcp.sequenceNumber),
      "tcp.ack_raw": String(tcp.acknowledgmentNumber),
      "tcp.flags": `0x${tcp.flags.toString(16).padStart(4, "0")}`,
      "tcp.window_size_value": String(tcp.window),
      "tcp.urgent_pointer": String(tcp.urgentPointer),
      "tcp.checksum.status": GOOD,
    });
  } else if (inner.family === "ipv4") {
    Object.assign(row, { "icmp.type": "8", "icmp.checksum.status": GOOD });
  } else {
    Object.assign(row, { "icmpv6.type": "128", "icmpv6.checksum.status": GOOD });
  }
  return row;
}

function hexOf({
  endpointId,
  attachmentId,
  flowCookie,
}: {
  endpointId: bigint;
  attachmentId: bigint;
  flowCookie: number;
}): string {
  const digits = (value: bigint | number, count: number) => value.toString(16).padStart(count, "0");
  return `${digits(endpointId, 16)},${digits(attachmentId, 16)},${digits(flowCookie, 8)}`;
}

describeWithTool("tshark", ["tshark", "--version"], "tshark agrees", () => {
  test.each(["raw", "ethernet"] as const)("about the packets that we build, captured with link type %s", (linkType) => {
    const packets = fc.sample(gwlbPacket, PACKETS);
    const mac = { destination: hex("02a0a0a0a0a0"), source: hex("02b0b0b0b0b0"), etherType: 0x0800 };
    const link = linkType === "ethernet" ? encodeEthernet(mac) : new Uint8Array();
    const frames = packets.map((packet) => concatBytes(link, encapsulateGwlb(packet)));
    const time = (index: number) => 1_700_000_000_000_000_007n + BigInt(index) * 1_000_000_003n;
    const rows = dissect(
      concatBytes(encodePcapHeader(linkType), ...frames.map((frame, i) => encodePcapRecord(time(i), frame))),
    );
    expect(rows).toHaveLength(PACKETS);
    packets.forEach((packet, i) => {
      const frame = frames[i] ?? new Uint8Array();
      const { "geneve.option.length": _, ...row } = rows[i] ?? {};
      const seconds = `${String(time(i) / 1_000_000_000n)}.${String(time(i) % 1_000_000_000n).padStart(9, "0")}`;
      expect(row).toEqual({
        "frame.time_epoch": seconds,
        "frame.len": String(frame.length),
        ...expected(frame.subarray(link.length), packet),
      });
    });
    expect(LINKTYPE[linkType]).toBe(linkType === "raw" ? 101 : 1);
  });
});
