import { encodeGwlbOptions } from "../../appliance-agent/src/codec/gwlb-options";
import { decapsulateGwlb, encapsulateGwlb, ReceivedGwlbPacket } from "../../appliance-agent/src/codec/gwlb-packet";
import { internetChecksum } from "../../appliance-agent/src/codec/internet-checksum";
import { decodeIpPacket } from "../../appliance-agent/src/codec/ip-packet";
import { IP_PROTOCOL } from "../../appliance-agent/src/codec/ip-protocol";
import { flowKey, formatFlow, quotedFlowKey } from "../../appliance-agent/src/codec/flow-key";
import { pseudoHeader } from "../../appliance-agent/src/codec/pseudo-header";

/** Addresses of both ends of the tunnel, and the endpoint whose packets come. */
export interface StrictGwlbOptions {
  readonly address: string;
  readonly appliance: string;
  readonly endpointId: bigint;
}

/** What the load balancer remembers of a flow. */
interface Flow {
  readonly sourcePort: number;
  readonly cookie: number;
}

/** Largest inner packet that a Gateway Load Balancer carries. */
export const GWLB_MTU = 8500;

/**
 * A load balancer that takes back only what it has sent: every difference between a returned packet and what AWS
 * documents or gwlbtun's users have met is a problem with a name.
 */
export class StrictGwlb {
  private readonly flows = new Map<string, Flow>();
  private readonly datagrams = new Map<string, string>();
  private cookie = 1;

  constructor(private readonly options: StrictGwlbOptions) {}

  /** The outer packet for an inner one; the first of a flow makes the flow. */
  encapsulate(inner: Uint8Array): Uint8Array {
    const key = this.keyOf(inner);
    const flow = this.flows.get(key) ?? this.newFlow();
    this.flows.set(key, flow);
    const { address, appliance, endpointId } = this.options;
    return encapsulateGwlb({
      source: address,
      destination: appliance,
      sourcePort: flow.sourcePort,
      gwlb: { endpointId, attachmentId: 0x1122334455667788n, flowCookie: flow.cookie },
      inner,
    });
  }

  /** The inner packet of one that came back. @throws Error that names what is wrong */
  takeBack(outer: Uint8Array): Uint8Array {
    const packet = decapsulateGwlb(outer);
    const { address, appliance, endpointId } = this.options;
    if (packet.source !== appliance || packet.destination !== address) throw new Error("outer addresses");
    if (internetChecksum(outer.subarray(0, 20)) !== 0) throw new Error("outer checksum");
    if (packet.inner.length > GWLB_MTU) throw new Error(`inner packet of ${packet.inner.length} bytes`);
    const flow = this.flows.get(this.keyOf(packet.inner));
    if (!flow) throw new Error(`unknown flow ${this.keyOf(packet.inner)}`);
    if (packet.sourcePort !== flow.sourcePort) throw new Error("UDP source port");
    const gwlb = { endpointId, attachmentId: 0x1122334455667788n, flowCookie: flow.cookie };
    checkOptions(packet, encapsulateGwlb({ ...packet, gwlb }, { options: encodeGwlbOptions(gwlb) }));
    checkUpperLayer(packet.inner);
    return packet.inner;
  }

  /** From now on every flow has another cookie and source port, as when a 5-tuple is used again. */
  forgetFlows(): void {
    this.flows.clear();
  }

  private newFlow(): Flow {
    this.cookie += 1;
    return { cookie: (this.cookie * 0x9e3779b1) >>> 0, sourcePort: 49_152 + (this.cookie % 16_384) };
  }

  /** Both directions are one flow; an ICMP error belongs to the flow it quotes, a fragment to that of its datagram. */
  private keyOf(inner: Uint8Array): string {
    const { family, fragment, source, destination } = decodeIpPacket(inner);
    const datagram = fragment && [family, fragment.identification, ...source, ...destination].join();
    if (datagram !== undefined && fragment && fragment.offset > 0)
      return this.datagrams.get(datagram) ?? `fragment ${datagram}`;
    const key = formatFlow(quotedFlowKey(inner) ?? flowKey(inner));
    if (datagram !== undefined) this.datagrams.set(datagram, key);
    return key;
  }
}

function checkOptions(packet: ReceivedGwlbPacket, expected: Uint8Array): void {
  const geneve = expected.subarray(28, 28 + packet.geneveBytes.length);
  if (Buffer.compare(geneve, packet.geneveBytes) !== 0)
    throw new Error(
      `GENEVE ${Buffer.from(packet.geneveBytes).toString("hex")}, sent ${Buffer.from(geneve).toString("hex")}`,
    );
}

const CHECKED: readonly number[] = [IP_PROTOCOL.tcp, IP_PROTOCOL.udp, IP_PROTOCOL.icmpv6];

function checkUpperLayer(inner: Uint8Array): void {
  const { family, protocol, payload, fragment, source, destination } = decodeIpPacket(inner);
  if (family === "ipv4" && internetChecksum(inner.subarray(0, ((inner[0] ?? 0) & 15) * 4)) !== 0)
    throw new Error("inner IPv4 checksum");
  if (fragment) return;
  const parts =
    protocol === IP_PROTOCOL.icmp ? [payload] : [pseudoHeader(source, destination, protocol, payload.length), payload];
  const checked = CHECKED.includes(protocol) || (protocol === IP_PROTOCOL.icmp && family === "ipv4");
  if (checked && internetChecksum(...parts) !== 0) throw new Error(`checksum of protocol ${protocol}`);
}
