import fc from "fast-check";
import { join } from "node:path";
import { decodeGenevePacket, encodeGenevePacket } from "../../../appliance-agent/src/codec/geneve-packet";
import { encapsulateGwlb } from "../../../appliance-agent/src/codec/gwlb-packet";
import { formatIpAddress } from "../../../appliance-agent/src/codec/ip-address";
import { decodeIcmp } from "../../../appliance-agent/src/codec/icmp";
import { decodeIcmpv6 } from "../../../appliance-agent/src/codec/icmpv6";
import { decodeIpPacket } from "../../../appliance-agent/src/codec/ip-packet";
import { IP_PROTOCOL } from "../../../appliance-agent/src/codec/ip-protocol";
import { decodeIpv4 } from "../../../appliance-agent/src/codec/ipv4";
import { decodeIpv6 } from "../../../appliance-agent/src/codec/ipv6";
import { decodeTcp } from "../../../appliance-agent/src/codec/tcp";
import { UDP_LENGTH, decodeUdp } from "../../../appliance-agent/src/codec/udp";
import { hex } from "./header-tests";
import { describeWithTool, run } from "./oracle";
import { gwlbPacket } from "./some-packets";

/** Debian's python3-scapy belongs to the system's Python, which may not be the first in PATH. */
const PYTHON = "/usr/bin/python3";
const ORACLE = join(__dirname, "scapy-oracle.py");
const PACKETS = 300;

type Fields = Record<string, unknown>;

function scapy(parameters: readonly string[], input = ""): Fields[] {
  return run(PYTHON, [ORACLE, ...parameters], input)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Fields);
}

/** The fields of a packet as our codec reads them, in the words of scapy-oracle.py. */
function fieldsOf(bytes: Uint8Array): Fields {
  const outer = decodeIpPacket(bytes);
  const outerHeader = decodeIpv4(bytes);
  const udp = decodeUdp(outer.payload);
  const geneve = decodeGenevePacket(outer.payload.subarray(UDP_LENGTH));
  const { control, critical, protocolType, vni } = geneve.header;
  return {
    outer: {
      source: formatIpAddress(outer.source),
      destination: formatIpAddress(outer.destination),
      ttl: outerHeader.ttl,
      identification: outerHeader.identification,
    },
    udp: { sourcePort: udp.sourcePort, destinationPort: udp.destinationPort, length: udp.length },
    geneve: { control, critical, protocolType, vni },
    options: geneve.options.map(({ optionClass, critical: must, type, reserved, data }) => ({
      optionClass,
      type: (must ? 0x80 : 0) | type,
      reserved,
      data: Buffer.from(data).toString("hex"),
    })),
    inner: Buffer.from(geneve.payload).toString("hex"),
    ...innerFields(geneve.payload),
  };
}

function innerFields(inner: Uint8Array): Fields {
  const { family, protocol, payload, fragment } = decodeIpPacket(inner);
  const upper = upperFields(protocol, payload);
  if (family === "ipv4") {
    const { source, destination, options: _, reservedFlag: __, ...rest } = decodeIpv4(inner);
    return { ipv4: { source: formatIpAddress(source), destination: formatIpAddress(destination), ...rest }, ...upper };
  }
  const { source, destination, ...rest } = decodeIpv6(inner);
  return {
    ipv6: { source: formatIpAddress(source), destination: formatIpAddress(destination), ...rest },
    ...(fragment ? { fragment } : {}),
    ...upper,
  };
}

function upperFields(protocol: number, bytes: Uint8Array): Fields {
  if (protocol === IP_PROTOCOL.udp) return { innerUdp: { ...decodeUdp(bytes) } };
  if (protocol === IP_PROTOCOL.tcp) {
    const { options: _, ...tcp } = decodeTcp(bytes);
    return { tcp };
  }
  const icmpv6 = protocol === IP_PROTOCOL.icmpv6;
  const { restOfHeader: _, ...icmp } = icmpv6 ? decodeIcmpv6(bytes) : decodeIcmp(bytes);
  return icmpv6 ? { icmpv6: icmp } : { icmp };
}

describeWithTool("scapy", [PYTHON, "-c", "import scapy.contrib.geneve"], "scapy agrees", () => {
  test("about the packets that it builds", () => {
    const seed = String(Math.floor(Math.random() * 2 ** 31));
    const packets = scapy(["build", String(PACKETS), seed]);
    expect(packets).toHaveLength(PACKETS);
    for (const { packet, ...expected } of packets) {
      expect({ seed, ...fieldsOf(hex(String(packet))) }).toEqual({ seed, ...expected });
    }
  });

  test("and our GENEVE writer makes the same bytes of what it built", () => {
    for (const { packet } of scapy(["build", "100", "1"])) {
      const udpPayload = decodeIpPacket(hex(String(packet))).payload.subarray(UDP_LENGTH);
      expect([...encodeGenevePacket(decodeGenevePacket(udpPayload))]).toEqual([...udpPayload]);
    }
  });

  test("about the packets that we build", () => {
    const packets = fc.sample(gwlbPacket, PACKETS).map((packet) => encapsulateGwlb(packet));
    const lines = packets.map((packet) => `${Buffer.from(packet).toString("hex")}\n`).join("");
    const read = scapy(["dissect"], lines);
    expect(read).toHaveLength(PACKETS);
    packets.forEach((packet, index) => {
      expect(read[index]).toEqual(fieldsOf(packet));
    });
  });
});
