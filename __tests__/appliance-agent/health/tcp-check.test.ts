import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, AddressInfo, Server } from "node:net";
import { setImmediate } from "node:timers/promises";
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

/** In another process, so that its reset can arrive before this one has noticed that the connection was made. */
const RESETTING_SERVER = `
const server = require("node:net").createServer((socket) => socket.resetAndDestroy());
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

test("holds when every connection is accepted and reset at once, however soon", async () => {
  const server = spawn(process.execPath, ["-e", RESETTING_SERVER], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  const checks = startTcpChecks([{ name: "bridge", address: "127.0.0.1", port: Number(String(line)) }], 1);
  try {
    const first = await eventually("an answer", () => {
      const [state] = checks.conditions();
      return state?.detail.endsWith("tried yet") ? undefined : state;
    });
    expect(first.ok).toBe(true);
    for (const end = Date.now() + 500; Date.now() < end; await setImmediate()) {
      expect(checks.conditions()[0]).toMatchObject({ ok: true });
      // Busy, as at a boot: the reset is there when the connection is noticed.
      for (const busy = Date.now() + 3; Date.now() < busy;);
    }
  } finally {
    checks.stop();
    server.kill();
  }
});
