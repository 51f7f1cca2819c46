import { createServer, AddressInfo, Server } from "node:net";
import { startTcpChecks } from "../../../appliance-agent/src/health/tcp-check";
import { eventually } from "../../support/namespaces";

async function listen(port = 0): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  return server;
}

test("holds while the address accepts connections, fails after two refusals, and holds again", async () => {
  let server = await listen();
  const { port } = server.address() as AddressInfo;
  const checks = startTcpChecks([{ name: "bridge", address: "127.0.0.1", port }], 30);
  const [untried] = checks.conditions();
  expect(untried).toEqual({
    name: "tcp-check:bridge",
    ok: false,
    detail: `127.0.0.1 port ${port} has not been tried yet`,
  });
  const state = () => checks.conditions()[0];
  await eventually("holds", () => state()?.ok || undefined);
  server.close();
  const failed = await eventually("fails", () => (state()?.ok ? undefined : state()));
  expect(failed.detail).toMatch(
    /^127\.0\.0\.1 port \d+ failed \d+ times, got ECONNREFUSED; check that it runs and is reachable$/,
  );
  server = await listen(port);
  await eventually("holds again", () => state()?.ok || undefined);
  checks.stop();
  server.close();
});
