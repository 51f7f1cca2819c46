import { connect, Socket } from "node:net";
import { once } from "node:events";
import { HealthServer, HealthServerOptions, openHealthServer } from "../../../appliance-agent/src/health/health-server";
import { readiness } from "../../../appliance-agent/src/health/readiness";

let server: HealthServer | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  sockets.splice(0).forEach((socket) => socket.destroy());
  await server?.close();
  server = undefined;
});

let ok = true;
const view = {
  readiness: () => readiness([{ name: "rules", ok, detail: ok ? "loaded" : "still to do" }]),
  metrics: () => "gwlb_agent_ready 1\n",
};

async function open(options: Partial<HealthServerOptions> = {}): Promise<string> {
  ok = true;
  server = await openHealthServer(view, { port: 0, host: "127.0.0.1", timeoutMs: 500, ...options });
  return `http://127.0.0.1:${server.port}`;
}

function client(): Socket {
  const socket = connect(server?.port ?? 0, "127.0.0.1").on("error", () => undefined);
  sockets.push(socket);
  return socket;
}

/** Milliseconds until the server ends the connection; what it says meanwhile is thrown away. */
async function timeUntilClosed(socket: Socket): Promise<number> {
  const started = performance.now();
  socket.resume();
  await once(socket, "close");
  return performance.now() - started;
}

test("answers that the process lives, whatever the conditions", async () => {
  const url = await open();
  ok = false;
  const answer = await fetch(`${url}/livez`);
  expect([answer.status, await answer.json()]).toEqual([200, { live: true }]);
});

test("answers 200 when every condition holds, and 503 with the one that fails", async () => {
  const url = await open();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  ok = false;
  const answer = await fetch(`${url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({
    ready: false,
    failing: ["rules"],
    conditions: [{ name: "rules", ok: false, detail: "still to do" }],
  });
});

test("serves the metrics as Prometheus asks for them", async () => {
  const answer = await fetch(`${await open()}/metrics?x=1`);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await answer.text()).toBe("gwlb_agent_ready 1\n");
});

test("says what to use instead of an unknown path or method", async () => {
  const url = await open();
  const unknown = await fetch(`${url}/healthz`);
  expect([unknown.status, await unknown.json()]).toEqual([
    404,
    { error: "no such path; use /livez, /readyz or /metrics" },
  ]);
  const post = await fetch(`${url}/readyz`, { method: "POST", body: "x" });
  expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test("answers many probers at once", async () => {
  const url = await open();
  const answers = await Promise.all(Array.from({ length: 30 }, () => fetch(`${url}/readyz`)));
  expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(200));
});

test.each<[string, (socket: Socket) => void]>([
  ["says nothing", () => undefined],
  [
    "sends its headers a byte at a time",
    (socket) => {
      socket.write("GET /readyz HTTP/1.1\r\n");
      const drip = setInterval(() => socket.write("a"), 20);
      socket.once("close", () => clearInterval(drip));
    },
  ],
  [
    "announces a body and never sends it",
    (socket) => socket.write("POST /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n"),
  ],
  ["keeps an idle connection", (socket) => socket.write("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")],
])("ends the connection of a client that %s", async (_, misbehave) => {
  await open();
  const socket = client();
  misbehave(socket);
  expect(await timeUntilClosed(socket)).toBeLessThan(2000);
});

test.each([
  ["headers of 5 KB", `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(5000)}\r\n\r\n`, "431"],
  ["bytes that are not HTTP", "\u0016\u0003\u0001\u0002\u0000garbage\r\n\r\n", "400"],
  ["two lengths", "GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"],
])("refuses %s", async (_, bytes, status) => {
  await open();
  const socket = client();
  socket.write(bytes);
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toContain(`HTTP/1.1 ${status}`);
});

test("lets a prober in while another address holds all the connections it may", async () => {
  const url = await open({ maxConnectionsPerAddress: 8, timeoutMs: 5000 });
  const held = Array.from({ length: 50 }, () =>
    connect({ port: server?.port ?? 0, host: "127.0.0.1", localAddress: "127.0.0.2" }).on("error", () => undefined),
  );
  sockets.push(...held);
  await Promise.all(held.slice(8).map((socket) => once(socket.resume(), "close")));
  expect(held.filter(({ destroyed }) => !destroyed)).toHaveLength(8);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

test("fails when the port is taken, and listens again right after a close", async () => {
  await open();
  const port = server?.port ?? 0;
  const idle = client();
  await once(idle, "connect");
  await expect(openHealthServer(view, { port, host: "127.0.0.1" })).rejects.toThrow("EADDRINUSE");
  await server?.close();
  server = await openHealthServer(view, { port, host: "127.0.0.1" });
  expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
});
