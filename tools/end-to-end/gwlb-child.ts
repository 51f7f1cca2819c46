import { decodeIpPacket } from "../../appliance-agent/src/codec/ip-packet";
import { formatIpAddress } from "../../appliance-agent/src/codec/ip-address";
import { DecodeError } from "../../appliance-agent/src/codec/decode-error";
import { GENEVE_FILTER, openPacketSocket } from "../../appliance-agent/src/host/packet-socket";
import { StrictGwlb } from "./strict-gwlb";
import { TunDevice } from "./tun-device";

/** What the parent asks for. */
export type GwlbRequest =
  | { readonly ask: "statistics" }
  | { readonly ask: "forget-flows" }
  /** Looks at no packet any more: a load of its own judges what comes back. */
  | { readonly ask: "rest" }
  /** Sends the first fragment of each datagram after the others. */
  | { readonly ask: "reorder-fragments"; readonly on: boolean };

/** What came of the packets so far. */
export interface GwlbStatistics {
  readonly sent: number;
  readonly returned: number;
  readonly largestInner: number;
  /** Packets that came back otherwise than they should, by what is wrong. */
  readonly wrong: Readonly<Record<string, number>>;
}

/** Packets whose inner destination begins so go to the client's side. */
const CLIENT_PREFIXES = ["10.1.0.", "fd01:"];

const [device = "", gwlbMac = "", applianceMac = "", endpoint = "0"] = process.argv.slice(2);
const gwlb = new StrictGwlb({ address: "10.99.0.1", appliance: "10.99.0.2", endpointId: BigInt(`0x${endpoint}`) });
const sides = { client: new TunDevice("client"), server: new TunDevice("server") };
const link = openPacketSocket({ interface: device, filter: GENEVE_FILTER, direction: "incoming" });
const stop = new AbortController();
const ethernet = Buffer.from(`${applianceMac}${gwlbMac}0800`.replaceAll(":", ""), "hex");
const wrong: Record<string, number> = {};
let [sent, returned, largestInner] = [0, 0, 0];
let held: Uint8Array | undefined;
let reorder = false;

function send(inner: Uint8Array): void {
  const outer = gwlb.encapsulate(inner);
  link.send(Buffer.concat([ethernet, outer]));
  sent += 1;
}

/** Traffic that the hosts make by themselves (router solicitations, multicast) is none of the test's. */
function concerns(inner: Uint8Array): boolean {
  const { destination } = decodeIpPacket(inner);
  return destination[0] !== 0xff && (destination.length !== 4 || (destination[0] ?? 0) < 224);
}

function outbound(inner: Uint8Array): void {
  if (!concerns(inner)) return;
  const { fragment } = decodeIpPacket(inner);
  if (reorder && fragment?.offset === 0) {
    gwlb.encapsulate(inner); /* The flow is known by its first fragment, whenever that is sent. */
    held = inner;
    return;
  }
  send(inner);
  if (held && fragment && !fragment.moreFragments) {
    send(held);
    held = undefined;
  }
}

function inbound(frame: Uint8Array): void {
  try {
    const inner = gwlb.takeBack(frame.subarray(14));
    if (Buffer.compare(frame.subarray(0, 6), ethernet.subarray(6, 12)) !== 0) throw new Error("Ethernet destination");
    returned += 1;
    largestInner = Math.max(largestInner, inner.length);
    const destination = formatIpAddress(decodeIpPacket(inner).destination);
    const side = CLIENT_PREFIXES.some((prefix) => destination.startsWith(prefix)) ? sides.client : sides.server;
    side.write(inner);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const what = error instanceof DecodeError ? `decode: ${error.message}` : error.message;
    wrong[what] = (wrong[what] ?? 0) + 1;
  }
}

process.on("message", (request: GwlbRequest) => {
  if (request.ask === "forget-flows") gwlb.forgetFlows();
  if (request.ask === "rest") {
    stop.abort();
    link.close();
  }
  if (request.ask === "reorder-fragments") reorder = request.on;
  process.send?.({ sent, returned, largestInner, wrong } satisfies GwlbStatistics);
});
process.on("disconnect", () => process.exit());
void Promise.all([
  sides.client.receive(outbound, stop.signal),
  sides.server.receive(outbound, stop.signal),
  link.receive(inbound, stop.signal),
]);
process.send?.("open");
