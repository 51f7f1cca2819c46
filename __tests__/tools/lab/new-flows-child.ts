import { composeIpv4 } from "../../../appliance-agent/src/codec/ip-compose";
import { composeUdp } from "../../../appliance-agent/src/codec/upper-layer-compose";
import { openPacketSocket } from "../../../appliance-agent/src/host/packet-socket";
import { MessageBatch } from "../../../tools/end-to-end/message-batch";

/**
 * Sends UDP packets without payload, each of a new flow, from a network interface: DEVICE, its MAC address, the router's, source and
 * destination address, packets a second, seconds. Prints how many the kernel took, and in how many seconds.
 */
const [device = "", ours = "", router = "", source = "", destination = "", rate = "0", seconds = "0"] =
  process.argv.slice(2);

/** Packets in one system call. */
const BATCH = 64;
const ETHERNET_BYTES = 14;
const FRAME_BYTES = 42;
const PORTS_AT = ETHERNET_BYTES + 20;
/** Ports from 1024 on, so that a flow is one of 60,000 times 60,000. */
const FIRST_PORT = 1024;
const PORTS = 60_000;

const socket = openPacketSocket({ interface: device, direction: "incoming", filter: [[0x06, 0, 0, 0]] });
const batch = new MessageBatch(BATCH, FRAME_BYTES);
const ends = { source, destination };
const packet = composeIpv4(ends, composeUdp(ends, { sourcePort: 0, destinationPort: 0 }, new Uint8Array()));
const mac = (text: string): Buffer => Buffer.from(text.replaceAll(":", ""), "hex");
const frame = Buffer.concat([mac(router), mac(ours), Buffer.from([0x08, 0x00]), packet]);
frame.writeUInt16BE(0, PORTS_AT + 6); // no checksum, RFC 768
for (let index = 0; index < BATCH; index++) batch.put(index, frame);

const perMillisecond = Number(rate) / 1000;
const most = Number(rate) * Number(seconds);
const start = performance.now();
let sent = 0;
let elapsed = 0;
while (sent < most && elapsed < Number(seconds) * 1000) {
  elapsed = performance.now() - start;
  const due = Math.min(Math.ceil(elapsed * perMillisecond), most) - sent;
  const count = Math.min(due, BATCH);
  for (let index = 0; index < count; index++) {
    const flow = sent + index;
    batch.frames.writeUInt16BE(FIRST_PORT + (flow % PORTS), index * FRAME_BYTES + PORTS_AT);
    batch.frames.writeUInt16BE(FIRST_PORT + Math.floor(flow / PORTS), index * FRAME_BYTES + PORTS_AT + 2);
  }
  if (count > 0) sent += batch.send(socket.fd, count);
}
const spent = (performance.now() - start) / 1000;
socket.close();
process.stdout.write(
  `${JSON.stringify({ flows: sent, seconds: Number(spent.toFixed(2)), flowsPerSecond: Math.round(sent / spent) })}\n`,
);
