import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { BridgeConfigurationInput } from "../../../appliance-agent/src/proxy-bridge/bridge-configuration";
import { eventually } from "../../../tools/bridge-lab/eventually";
import { residentBytes } from "../../../tools/bridge-lab/resident-bytes";

/** How long a client listens that may get no answer. */
const LISTEN_MS = 100;

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** What the origin answers, by path; `/silent` gets no answer. Squid would not pass on all of it, and may change. */
const ANSWERS: Readonly<Record<string, string>> = {
  "/": OK,
  "/closing": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
  "/two-hints": `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\n\r\n${OK}`,
  "/odd-hint": `HTTP/1.1 103 Early Hints\r\nLink: nonsense\r\n\r\n${OK}`,
  "/information": `HTTP/1.1 100 \xe9\r\nA: \xe9\r\n\r\nHTTP/1.1 199 X\r\n\r\n${OK}`,
  "/trailer": "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nTrailer: Expires\r\n\r\nok",
  "/trailer-of-head": "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nTrailer: Expires\r\n\r\n",
  "/trailers":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n__proto__: \xe9\r\n\r\n",
  "/odd-trailers":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nContent-Length: 5\r\nA\x01: \x7f\r\n\r\n",
  "/folded-trailer": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n c\r\n\r\n",
  "/switched": "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nA: \xe9\r\n\r\nbytes",
  "/folded-switch": "HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\nA: b\r\n c\r\n\r\n",
  "/unasked-switch": "HTTP/1.1 101 Switching Protocols\r\n\r\n",
  "/status-99": "HTTP/1.1 099 X\r\nContent-Length: 7\r\n\r\nsevenxx",
  "/status-999": "HTTP/1.1 999 X\r\nContent-Length: 2\r\n\r\nok",
  "/reason": "HTTP/1.1 200 \xe9\x7f\r\nContent-Length: 2\r\n\r\nok",
  "/folded": "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nok",
  "/control": "HTTP/1.1 200 OK\r\nA: \x01\x7f\r\nContent-Length: 2\r\n\r\nok",
  "/prototype": "HTTP/1.1 200 OK\r\n__proto__: a\r\nconstructor: b\r\nContent-Length: 2\r\n\r\nok",
  "/two-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
  "/length-and-chunks":
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
  "/body-of-204": "HTTP/1.1 204 X\r\nContent-Length: 2\r\n\r\nok",
  "/chunks-of-304": "HTTP/1.1 304 X\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n",
  "/two-answers": `${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL`,
  "/large-header": `HTTP/1.1 200 OK\r\nA: ${"a".repeat(40_000)}\r\n\r\n`,
  "/no-http": "\x16\x03\x01\x00\x05hello",
};

/** Asked for by a proxy: absolute form. */
const ASKED = /^[A-Z]+ http:\/\/a\.example(\/[a-z0-9-]*)[^]*?\r\n\r\n/;

const request = (line: string, ...headers: string[]) => `${[line, "Host: a.example", ...headers].join("\r\n")}\r\n\r\n`;
const offer = (line = "GET / HTTP/1.1", ...headers: string[]) =>
  request(line, "Connection: upgrade", "Upgrade: websocket", ...headers);
const SILENT = request("GET /silent HTTP/1.1");
const CONNECT = "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n";
const REFUSED = "GET / HTTP/1.1\r\nHost: bad host\r\n\r\n";

describe("the bridge lives and serves the next client", () => {
  const directory = mkdtempSync(join(tmpdir(), "bridge-"));
  const asked: string[] = [];
  const opened = new Set<Socket>();
  const squid: Server = createServer({ allowHalfOpen: true }, answer);
  let bridge: ChildProcess | undefined;
  let port = 0;
  let errors = "";

  function answer(socket: Socket): void {
    let pending = "";
    opened.add(socket);
    socket.on("error", () => undefined).on("end", () => socket.end());
    socket.on("data", (bytes: Buffer) => {
      pending = (pending + bytes.toString("latin1")).replace(/^PROXY [^\n]*\n/, "");
      for (let found = ASKED.exec(pending); found !== null; found = ASKED.exec(pending)) {
        const [head, path = ""] = found;
        pending = pending.slice(head.length);
        asked.push(head);
        if (path === "/reset") socket.resetAndDestroy();
        else if (path === "/late") socket.write(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
        else if (path === "/cut") {
          socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok");
          setTimeout(() => socket.resetAndDestroy(), 20);
        } else if (/^\/\d{4}$/.test(path)) socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n${path.slice(1)}`);
        else if (path !== "/silent") socket.write(ANSWERS[path] ?? "", "latin1");
      }
    });
  }

  async function start(): Promise<void> {
    const [httpPort = 0, httpsPort = 0, healthPort = 0] = await freePorts(3);
    const configuration: BridgeConfigurationInput = {
      version: 1,
      listen: { address: "127.0.0.1", httpPort, httpsPort },
      clientCidrs: ["127.0.0.0/8"],
      squid: { port: (squid.address() as AddressInfo).port },
      health: { port: healthPort },
    };
    const file = join(directory, "bridge.json");
    writeFileSync(file, JSON.stringify(configuration));
    const program = ["--import", "tsx", "tools/bridge-lab/run-proxy-bridge.ts", "proxy-bridge", "--config", file];
    const child = spawn(process.execPath, [...program, "--state-dir", directory, "--squid-lists", directory], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    bridge = child;
    port = httpPort;
    let log = "";
    child.stdout.on("data", (bytes: Buffer) => (log += bytes.toString()));
    child.stderr.on("data", (bytes: Buffer) => (errors += bytes.toString()));
    child.once("exit", () => (bridge = undefined));
    await eventually(
      () => log,
      (lines) => lines.includes('"message":"listening"'),
      20_000,
    );
  }

  beforeAll(async () => {
    squid.listen(0, "127.0.0.1");
    await once(squid, "listening");
  });

  /** Also after a case that ended it, so that every such case is told. */
  beforeEach(async () => {
    asked.length = 0;
    errors = "";
    if (bridge === undefined) await start();
  }, 30_000);

  afterAll(async () => {
    const ended = bridge && once(bridge, "exit");
    bridge?.kill("SIGKILL");
    await ended;
    for (const socket of opened) socket.destroy();
    squid.close();
    rmSync(directory, { recursive: true });
  });

  /** Everything that comes back until the connection ends, or until it matches. */
  async function exchange(bytes: string, enough?: RegExp, ms = LISTEN_MS): Promise<string> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let heard = "";
    const done = new Promise<void>((resolve) => {
      socket.on("error", () => undefined).once("close", () => resolve());
      socket.once("end", () => resolve());
      socket.on("data", (data: Buffer) => {
        heard += data.toString("latin1");
        if (enough?.test(heard)) resolve();
      });
    });
    socket.write(bytes, "latin1");
    await Promise.race([done, pause(ms, undefined, { ref: false })]);
    socket.destroy();
    return heard;
  }

  async function expectService(): Promise<void> {
    const heard = await exchange(request("GET / HTTP/1.1"), /ok$/, 2000);
    expect({ alive: bridge !== undefined, errors, heard }).toEqual({
      alive: true,
      errors: "",
      heard: expect.stringMatching(/^HTTP\/1\.1 200 OK\r\n[^]*ok$/) as string,
    });
  }

  const forms: [string, string, RegExp][] = [
    ["a Trailer without chunks", request("GET / HTTP/1.1", "Trailer: x"), /^HTTP\/1\.1 200 .*ok$/s],
    ["an offer of WebSocket", offer("GET /switched HTTP/1.1"), /^HTTP\/1\.1 101 .*\xe9\r\n\r\nbytes$/s],
    ["one with a Trailer", offer("GET / HTTP/1.1", "Trailer: x"), /^HTTP\/1\.1 200 .*ok$/s],
    ["one with Expect", offer("GET / HTTP/1.1", "Expect: 100-continue"), /^HTTP\/1\.1 200 .*ok$/s],
    ["one without a valid Host", offer().replace("a.example", "bad host"), /^HTTP\/1\.1 400 /],
    ["one that HTTP/1.0 has not", offer("GET /switched HTTP/1.0"), /^HTTP\/1\.1 502 /],
    ["CONNECT", CONNECT, /^HTTP\/1\.1 405 /],
    ["CONNECT and bytes behind it", `${CONNECT}\x16\x03\x01\r\n\r\n`, /^HTTP\/1\.1 405 /],
    ["a refused request and CONNECT", REFUSED + CONNECT, /^(HTTP\/1\.1 400 |$)/],
    ["a refused request and an offer", REFUSED + offer(), /^(HTTP\/1\.1 400 |$)/],
    ["another expectation and CONNECT", request("GET / HTTP/1.1", "Expect: x") + CONNECT, /^(HTTP\/1\.1 |$)/],
    [
      "Expect in HTTP/1.0",
      `${request("POST /late HTTP/1.0", "Expect: 100-continue", "Content-Length: 1")}x`,
      /^HTTP\/1\.1 200 /,
    ],
    ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["odd bytes in the target", request("GET /\xe9\xff HTTP/1.1"), /^(HTTP\/1\.1 |$)/],
    ["names of prototypes", request("GET / HTTP/1.1", "__proto__: x", "constructor: y"), /^HTTP\/1\.1 200 /],
    [
      "trailers of prototypes",
      `${request("POST / HTTP/1.1", "Transfer-Encoding: chunked")}0\r\n__proto__: x\r\nA: \xe9\r\n\r\n`,
      /^HTTP\/1\.1 200 /,
    ],
    [
      "folded trailers",
      `${request("POST / HTTP/1.1", "Transfer-Encoding: chunked")}0\r\nA: b\r\n c\r\n\r\n`,
      /^(HTTP\/1\.1 |$)/,
    ],
    ["no HTTP", "\x16\x03\x01\x00\x05hello\r\n\r\n", /^HTTP\/1\.1 400 /],
  ];

  test.each(forms)("after %s", async (_, bytes, answered) => {
    expect(await exchange(bytes)).toMatch(answered);
    await expectService();
  });

  test.each(forms)("after a request that is not answered, and behind it %s", async (_, bytes) => {
    expect(await exchange(SILENT + bytes)).toBe("");
    await expectService();
  });

  test.each([...Object.keys(ANSWERS), "/reset", "/cut"])("after an origin's %s", async (path) => {
    for (const line of [`GET ${path} HTTP/1.1`, `HEAD ${path} HTTP/1.1`, `GET ${path} HTTP/1.0`]) {
      const heard = await exchange(request(line), /\r\n\r\n.*(ok|\n|EVIL)$/s);
      expect(heard).toMatch(/^(HTTP\/1\.1 (200|204|304|502|999) |$)/);
      expect(heard).not.toContain("EVIL");
    }
    await exchange(offer(`GET ${path} HTTP/1.1`), /\r\n\r\n.*(ok|\n|EVIL)$/s);
    await expectService();
  });

  test("the origin's hints are not passed on (RFC 8297 leaves it to the client to take them)", async () => {
    expect(await exchange(request("GET /two-hints HTTP/1.1"), /ok$/)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exchange(request("GET /two-hints HTTP/1.0"), /ok$/)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test.each([
    ["GET", "/trailer"],
    ["HEAD", "/trailer-of-head"],
  ])("a Trailer that announces nothing does not spoil the answer to %s", async (method, path) => {
    expect(await exchange(request(`${method} ${path} HTTP/1.1`), /\r\n\r\n(ok)?$/)).toMatch(
      /^HTTP\/1\.1 200 Fine\r\nContent-Length: 2\r\nConnection: keep-alive\r\n/,
    );
  });

  test("the bridge's own answer has nothing of the one that it stands for", async () => {
    const body = "502: the origin's header has bytes that no header has\n";
    expect(await exchange(request("GET /status-99 HTTP/1.1"))).toMatch(
      new RegExp(`^HTTP/1\\.1 502 Bad Gateway\r\n[^]*Content-Length: ${body.length}\r\n[^]*\r\n\r\n${body}$`),
    );
  });

  test("a request behind an answer that ends the connection is not sent on (RFC 9112 §9.6)", async () => {
    const behind = request("DELETE / HTTP/1.1");
    await exchange(request("GET /closing HTTP/1.1") + behind);
    await exchange(SILENT.replace("a.example", "bad host") + behind);
    expect(asked.map((head) => head.split(" ")[0])).toEqual(["GET"]);
  });

  test("the literal addresses of the bastion itself are refused in every notation", async () => {
    for (const host of ["[::1]", "[0:0:0:0:0:0:0:1]", "[0:0:0:0:0:ffff:7f00:1]", "[0::]", "127.1.2.3"])
      expect(await exchange(request("GET / HTTP/1.1").replace("a.example", host))).toMatch(/^HTTP\/1\.1 421 /);
  });

  test("three thousand pipelined requests are answered in their order", async () => {
    const numbers = Array.from({ length: 3000 }, (_, at) => String(1000 + at));
    const all = numbers.map((number) => request(`GET /${number} HTTP/1.1`)).join("");
    const heard = await exchange(all + request("GET /closing HTTP/1.1"), /Connection: close\r\n\r\nok/, 8000);
    expect(heard.match(/(?<=\r\n\r\n)(\d{4}|ok)/g)).toEqual([...numbers, "ok"]);
  });

  test("a client that goes on asking without an answer takes no memory", async () => {
    const before = residentBytes(bridge?.pid ?? 0);
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined).write(SILENT + request("GET / HTTP/1.1").repeat(60_000));
    let last = -1;
    const after = await eventually(
      async () => {
        const steady = socket.bytesWritten === last;
        last = socket.bytesWritten;
        await pause(300);
        return { steady, bytes: residentBytes(bridge?.pid ?? 0) };
      },
      ({ steady }) => steady,
    );
    socket.destroy();
    expect(after.bytes - before).toBeLessThan(30 * 1024 * 1024);
    await expectService();
  }, 15_000);
});

/** Ports of loopback that nobody listens on, each another one. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
