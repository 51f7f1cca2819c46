import { SEEDS, mutate } from "./mutate";
import { composeIpv4 } from "../../appliance-agent/src/codec/ip-compose";
import { composeUdp } from "../../appliance-agent/src/codec/upper-layer-compose";
import { decodeGenevePacket } from "../../appliance-agent/src/codec/geneve-packet";
import { AWS_OPTION_CLASS, GWLB_OPTION } from "../../appliance-agent/src/codec/gwlb-options";
import { GENEVE_FILTER, openPacketSocket } from "../../appliance-agent/src/host/packet-socket";
import { gwlbFrame } from "../test-run/loaded-for-test";
import { Random } from "../test-run/random-packets";
import { FloodJudge } from "./flood-judge";
import { MessageBatch } from "../end-to-end/message-batch";

/** What came of a flood. */
export interface FloodResult {
  readonly seconds: number;
  /** Frames that the kernel took from the sender, well-formed ones included. */
  readonly sent: number;
  /** Frames of the well-formed flow among them, and those of them that came back; each came once. */
  readonly wellFormed: { readonly sent: number; readonly returned: number };
  /** GENEVE frames that came back. */
  readonly received: number;
  /** Of `received`: ICMP errors that the appliance's own stack made about mutated packets. */
  readonly icmpErrors: number;
  /** Frames that came back otherwise than they should: what is wrong, and the first such frame. */
  readonly wrong: Readonly<Record<string, string>>;
}

const BATCH = 64;
const FRAME_BYTES = 9_100;
/** One frame of so many is of the well-formed flow. */
const WELL_FORMED_EVERY = 8;
const FLOW_PAYLOAD_BYTES = 32;
/** New endpoint ids that mutation may make up: each is worth two devices in routed mode. */
const MOST_ENDPOINTS = 8;
const QUIET_MS = 700;
const WARM_UP_MS = 10_000;

const [device = "", mode = "", frames = "0", seconds = "0", seed = "0"] = process.argv.slice(2);
const random = new Random(Number(seed));
const socket = openPacketSocket({ interface: device, filter: GENEVE_FILTER, direction: "incoming" });
const outgoing = new MessageBatch(BATCH, FRAME_BYTES);
const incoming = new MessageBatch(BATCH * 4, FRAME_BYTES);
const judge = new FloodJudge(mode === "routed" ? "routed" : "hairpin");
const endpoints = new Set<string>();
let sent = 0;

/** A flow of its own: its sequence numbers make every frame another. */
function wellFormed(sequence: number): Buffer {
  const ends = { source: "10.1.0.77", destination: "203.0.113.77" };
  const payload = Buffer.alloc(FLOW_PAYLOAD_BYTES, "well-formed ");
  payload.writeUInt32BE(sequence, FLOW_PAYLOAD_BYTES - 4);
  const udp = composeUdp(ends, { sourcePort: 7_777, destinationPort: 7_778 }, payload);
  return Buffer.from(gwlbFrame(composeIpv4(ends, udp), {}, { sourcePort: 57_777 }));
}

/** As hexadecimal digits; whatever else is wrong with the frame, if its GENEVE header and options can be read. */
function endpointOf(frame: Buffer): string | undefined {
  try {
    const { options } = decodeGenevePacket(frame.subarray(14 + ((frame[14] ?? 0) & 0xf) * 4 + 8));
    const { type } = GWLB_OPTION.endpointId;
    const endpoint = options.find((option) => option.optionClass === AWS_OPTION_CLASS && option.type === type);
    return endpoint && Buffer.from(endpoint.data).toString("hex");
  } catch {
    return undefined;
  }
}

/** In routed mode only a few made-up endpoints: a load balancer has one per zone and VPC, not one per packet. */
function mutated(): Buffer {
  for (;;) {
    const frame = mutate(random.pick(SEEDS), random);
    if (mode !== "routed") return frame;
    const endpoint = endpointOf(frame);
    if (endpoint === undefined || endpoints.has(endpoint)) return frame;
    if (endpoints.size >= MOST_ENDPOINTS) continue;
    endpoints.add(endpoint);
    return frame;
  }
}

/** What the kernel has no room for is not sent, and nobody expects it back. */
function sendAll(batch: readonly { readonly frame: Buffer; readonly wellFormed: boolean }[]): void {
  batch.forEach(({ frame }, index) => {
    outgoing.put(index, frame);
  });
  const taken = outgoing.send(socket.fd, batch.length);
  for (const { frame, wellFormed } of batch.slice(0, taken)) judge.expect(frame, wellFormed);
  sent += taken;
}

function receiveAll(): number {
  let received = 0;
  for (let count = incoming.receive(socket.fd); count > 0; count = incoming.receive(socket.fd)) {
    for (let i = 0; i < count; i++) judge.take(Buffer.from(incoming.frame(i)));
    received += count;
  }
  return received;
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

/** The endpoint's devices are there before the flood: what comes then is not the start but the flood. */
async function warmUp(): Promise<void> {
  sendAll([{ frame: wellFormed(0), wellFormed: true }]);
  const end = performance.now() + WARM_UP_MS;
  for (let received = 0; received === 0 && performance.now() < end; received = receiveAll()) await pause();
}

async function flood(): Promise<number> {
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1000;
  for (let made = 0; made < Number(frames) && elapsed() < Number(seconds);) {
    const due = Math.min(Number(frames), Math.ceil((Number(frames) * elapsed()) / (Number(seconds) / 2))) - made;
    const batch = Array.from({ length: Math.max(0, Math.min(BATCH, due)) }, (_, i) => {
      const number = made + i + 1;
      const isWellFormed = number % WELL_FORMED_EVERY === 0;
      return { frame: isWellFormed ? wellFormed(number) : mutated(), wellFormed: isWellFormed };
    });
    sendAll(batch);
    made += batch.length;
    receiveAll();
    if (batch.length < BATCH) await pause();
  }
  return elapsed();
}

async function untilQuiet(): Promise<void> {
  for (let last = performance.now(); performance.now() - last < QUIET_MS; await pause())
    if (receiveAll() > 0) last = performance.now();
}

process.on("disconnect", () => process.exit());
void (async () => {
  await warmUp();
  const took = await flood();
  await untilQuiet();
  process.send?.({ seconds: took, sent, ...judge.result() } satisfies FloodResult);
})();
