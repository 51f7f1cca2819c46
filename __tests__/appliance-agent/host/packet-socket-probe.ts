import { createSocket } from "node:dgram";
import { GENEVE_FILTER, openPacketSocket } from "../../../appliance-agent/src/host/packet-socket";

const stop = new AbortController();
const ports: number[] = [];
const socket = openPacketSocket({ interface: "v0", filter: GENEVE_FILTER });
const sender = createSocket("udp4");
let wrong = "";
try {
  openPacketSocket({ interface: "none" });
} catch (error) {
  wrong = (error as Error).message;
}
for (const port of [6081, 6082, 6081, 53]) sender.send("x", port, "10.0.0.2");
void socket
  .receive((frame) => {
    ports.push(Buffer.from(frame).readUInt16BE(36));
    if (ports.length === 2) setTimeout(() => stop.abort(), 200);
  }, stop.signal)
  .then(() => {
    socket.close();
    sender.close();
    process.stdout.write(JSON.stringify({ ports, wrong }));
  });
