import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import pino from "pino";
import { bridgeConfigurationSchema } from "../../../appliance-agent/src/proxy-bridge/bridge-configuration";
import { BridgeContext } from "../../../appliance-agent/src/proxy-bridge/bridge-context";
import { BridgeCounters } from "../../../appliance-agent/src/proxy-bridge/bridge-counters";
import { ClientConnections } from "../../../appliance-agent/src/proxy-bridge/client-connections";
import { httpsListener } from "../../../appliance-agent/src/proxy-bridge/https-listener";
import { captureClientHellos } from "../../../tools/bridge-lab/client-hellos";
import { eventually } from "../../../tools/bridge-lab/eventually";

const TUNNELS = 100;

/** Bytes of buffers that something still refers to. */
async function liveBufferBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round++) {
    collect();
    await pause(20);
  }
  return process.memoryUsage().arrayBuffers;
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

test("an open tunnel keeps none of the buffers in which its ClientHello was read", async () => {
  const hello = (await captureClientHellos()).find(({ serverName }) => serverName === "web.example.test");
  const sockets: Socket[] = [];
  let tunnels = 0;
  const squid = createServer((socket) => {
    sockets.push(socket.resume());
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\n", () => tunnels++));
  });
  const configuration = bridgeConfigurationSchema.parse({ version: 1, clientCidrs: ["127.0.0.0/8"] });
  const connections = new ClientConnections();
  connections.limit({ clientCidrs: configuration.clientCidrs, ...configuration.limits });
  const address = { address: "127.0.0.1", port: await portOf(squid) };
  const log = pino({ enabled: false });
  const bridge = httpsListener(
    new BridgeContext(configuration, address, connections, new BridgeCounters(), log, new Set()),
  );
  try {
    const port = await portOf(bridge);
    const before = await liveBufferBytes();
    for (let tunnel = 0; tunnel < TUNNELS; tunnel++) {
      const client = connect(port, "127.0.0.1");
      client.write(hello?.bytes ?? "");
      sockets.push(client);
    }
    await eventually(
      () => tunnels,
      (count) => count === TUNNELS,
    );
    const kept = ((await liveBufferBytes()) - before) / TUNNELS;
    expect(kept).toBeLessThan(8192);
  } finally {
    for (const socket of sockets) socket.destroy();
    connections.reset();
    bridge.close();
    squid.close();
  }
}, 30_000);
