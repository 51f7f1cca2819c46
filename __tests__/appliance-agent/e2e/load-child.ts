import { openPacketSocket, GENEVE_FILTER } from "../../../appliance-agent/src/host/packet-socket";
import { composeIpv4 } from "../../../appliance-agent/src/codec/ip-compose";
import { composeUdp } from "../../../appliance-agent/src/codec/upper-layer-compose";
import { encapsulateGwlb } from "../../../appliance-agent/src/codec/gwlb-packet";
import { internetChecksum } from "../../../appliance-agent/src/codec/internet-checksum";
import { MessageBatch } from "../../../tools/end-to-end/message-batch";

/** What came of the packets of a load. */
export interface LoadResult {
  readonly sent: number;
  readonly packetsPerSecond: number;
  /** Different packets that came back. */
  readonly returned: number;
  readonly duplicates: number;
  /** Packets that came back otherwise than they should, by what is wrong. */
  readonly wrong: Readonly<Record<string, number>>;
}

const FLOWS = 512;
const BATCH = 64;
const PAYLOAD_BYTES = 32;
const [ETHERNET, GENEVE_AT, GENEVE_BYTES] = [14, 42, 40];
const INNER_AT = GENEVE_AT + GENEVE_BYTES;
const SEQUENCE_AT = INNER_AT + 28;
const FRAME_BYTES = SEQUENCE_AT + PAYLOAD_BYTES;

const [device = "", gwlbMac = "", applianceMac = "", endpoint = "0", rate = "0", routed = ""] = process.argv.slice(2);
const ethernet = Buffer.from(`${applianceMac}${gwlbMac}0800`.replaceAll(":", ""), "hex");
const templates = Array.from({ length: FLOWS }, (_, flow) => template(flow));
const socket = openPacketSocket({ interface: device, filter: GENEVE_FILTER, direction: "incoming" });
const outgoing = new MessageBatch(BATCH, FRAME_BYTES);
const incoming = new MessageBatch(BATCH * 4, 2048);
/** How often each sequence number came back; room for ten minutes. */
const seen = new Uint8Array(600 * Number(rate));
const wrong: Record<string, number> = {};
let [sent, returned, duplicates, startedAt, stopping] = [0, 0, 0, 0, false];

/** The inner UDP checksum is 0, so that the sequence number may change; everything else of a flow stays. */
function template(flow: number): Buffer {
  const ends = { source: `10.1.0.${1 + (flow % 250)}`, destination: `203.0.113.${1 + (flow >> 8)}` };
  const udp = composeUdp(ends, { sourcePort: 1024 + flow, destinationPort: 4000 }, new Uint8Array(PAYLOAD_BYTES));
  udp.bytes[6] = udp.bytes[7] = 0;
  const outer = encapsulateGwlb({
    source: "10.99.0.1",
    destination: "10.99.0.2",
    sourcePort: 50_000 + flow,
    gwlb: { endpointId: BigInt(`0x${endpoint}`), attachmentId: 0x1122334455667788n, flowCookie: 77_000 + flow },
    inner: composeIpv4(ends, udp),
  });
  return Buffer.concat([ethernet, outer]);
}

function sendDue(): void {
  const due = Math.floor(((performance.now() - startedAt) / 1000) * Number(rate)) - sent;
  for (let left = Math.min(due, 4000); left > 0; left -= BATCH) {
    const count = Math.min(BATCH, left);
    for (let i = 0; i < count; i++) {
      templates[(sent + i) % FLOWS]?.copy(outgoing.frames, i * FRAME_BYTES);
      outgoing.frames.writeUInt32BE(sent + i, i * FRAME_BYTES + SEQUENCE_AT);
    }
    sent += outgoing.send(socket.fd, count);
  }
}

function receiveAll(): void {
  for (let count = incoming.receive(socket.fd); count > 0; count = incoming.receive(socket.fd))
    for (let i = 0; i < count; i++) judge(incoming.frame(i));
}

function judge(frame: Buffer): void {
  const problem = problemOf(frame);
  if (problem !== undefined) {
    wrong[problem] = (wrong[problem] ?? 0) + 1;
    return;
  }
  const sequence = frame.readUInt32BE(SEQUENCE_AT);
  if (seen[sequence]) duplicates += 1;
  else returned += 1;
  seen[sequence] = 1;
}

function problemOf(frame: Buffer): string | undefined {
  if (frame.length !== FRAME_BYTES) return `length ${frame.length}`;
  const expected = templates[frame.readUInt32BE(SEQUENCE_AT) % FLOWS] as Buffer;
  const same = (from: number, to: number, of = from) => expected.compare(frame, from, to, of, of + to - from) === 0;
  if (!same(6, 12, 0) || !same(0, 6, 6)) return "Ethernet addresses";
  if (!same(30, 34, 26) || !same(26, 30, 30)) return "outer addresses";
  if (!same(34, 40)) return "UDP ports or length";
  if (internetChecksum(frame.subarray(ETHERNET, ETHERNET + 20)) !== 0) return "outer checksum";
  if (!same(GENEVE_AT, INNER_AT)) return "GENEVE bytes";
  if (routed ? !sameRouted(frame, expected) : !same(INNER_AT, SEQUENCE_AT)) return "inner packet";
  return same(SEQUENCE_AT + 4, FRAME_BYTES) ? undefined : "payload";
}

/** One hop further: RFC 791 §3.2, TTL one less and the checksum right. */
function sameRouted(frame: Buffer, expected: Buffer): boolean {
  const ttlAt = INNER_AT + 8;
  return (
    frame.readUInt8(ttlAt) === expected.readUInt8(ttlAt) - 1 &&
    internetChecksum(frame.subarray(INNER_AT, INNER_AT + 20)) === 0 &&
    expected.compare(frame, INNER_AT, ttlAt, INNER_AT, ttlAt) === 0 &&
    expected.compare(frame, ttlAt + 4, SEQUENCE_AT, ttlAt + 4, SEQUENCE_AT) === 0
  );
}

function result(): LoadResult {
  const seconds = (performance.now() - startedAt) / 1000;
  return { sent, packetsPerSecond: Math.round(sent / seconds), returned, duplicates, wrong };
}

function step(): void {
  if (!stopping) sendDue();
  receiveAll();
  setTimeout(step, 1);
}

process.on("message", (request: "stop" | "progress") => {
  if (request === "progress") return process.send?.(result());
  stopping = true;
  const last = result();
  /* What is on its way has the time to arrive. */
  setTimeout(() => {
    receiveAll();
    process.send?.({ ...result(), packetsPerSecond: last.packetsPerSecond } satisfies LoadResult);
  }, 500);
});
process.on("disconnect", () => process.exit());
startedAt = performance.now();
step();
process.send?.("started");
