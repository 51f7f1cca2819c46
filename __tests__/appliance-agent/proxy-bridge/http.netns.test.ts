import { createHash } from "node:crypto";
import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import { describeAsRoot } from "../../support/namespaces";
import {
  BridgeLab,
  CLIENT,
  CLIENT_IPV6,
  HTTP_PORT,
  ORIGIN,
  OTHER_CLIENT,
  received,
  STRANGER,
} from "../../../tools/bridge-lab/bridge-lab";
import { eventually } from "../../../tools/bridge-lab/eventually";
import { residentBytes } from "../../../tools/bridge-lab/resident-bytes";
import { Origin, pattern, patternDigest } from "../../../tools/bridge-lab/origin";

const MEGABYTE = 1024 * 1024;

describeAsRoot("HTTP through the bridge and a real Squid", () => {
  let lab: BridgeLab;
  let origin: Origin;

  beforeAll(async () => {
    lab = new BridgeLab();
    origin = new Origin(ORIGIN, lab.certificates);
    await origin.open();
    lab.configure({ deniedDomains: [".denied.example.test"], timeouts: { headerSeconds: 2, keepAliveSeconds: 2 } });
    await lab.startBridge({ reloadsSquid: false });
    await lab.squid.start();
  }, 60_000);

  afterAll(async () => {
    origin.close();
    await lab.close();
  });

  /** Sends bytes as they are and returns everything that comes back. */
  async function exchange(bytes: string, from = CLIENT): Promise<string> {
    const socket = lab.connect(HTTP_PORT, from);
    const answer = received(socket);
    socket.write(bytes, "latin1");
    return answer;
  }

  const get = (host: string, path = "/", headers = "") =>
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}Connection: close\r\n\r\n`;

  /** A request by Node's client, over a connection to the bridge. */
  function ask(path: string, options: { method?: string; headers?: Record<string, string>; agent?: Agent } = {}) {
    const agent = options.agent ?? agentFrom(CLIENT);
    return request({
      host: "web.example.test",
      path,
      ...options,
      headers: { Host: "web.example.test", ...options.headers },
      agent,
    });
  }

  function agentFrom(address: string): Agent {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = () => lab.connect(HTTP_PORT, address);
    return agent;
  }

  const answerTo = async (asked: ReturnType<typeof ask>) => ((await once(asked, "response")) as [IncomingMessage])[0];

  const logged = (url: string) =>
    eventually(
      () => lab.squid.log.filter((line) => line.includes(url)),
      (lines) => lines.length > 0,
    );

  test.each([
    [CLIENT, "10.1.0.10 -> 10.2.0.20:3180"],
    [OTHER_CLIENT, "10.1.0.11 -> 10.2.0.20:3180"],
    [CLIENT_IPV6, "fd00:1::10 -> fd00:2::20:3180"],
  ])("reaches the origin for %s, and Squid logs that client and the URL", async (client, endpoints) => {
    const path = `/from/${client.replaceAll(":", "-")}`;
    expect(await exchange(get("web.example.test", path), client)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(await logged(path)).toEqual([expect.stringContaining(`${endpoints} TCP_MISS/200`)]);
    expect(await logged(path)).toEqual([
      expect.stringContaining(`GET http://web.example.test${path} HIER_DIRECT/${ORIGIN}`),
    ]);
  });

  test("the origin sees the client's headers as they were, a Via, and no trace of the client's address", async () => {
    const headers =
      "X-Forwarded-For: 192.0.2.1\r\nX-Odd: \xe9\r\nCookie: a=1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\n";
    const answer = await exchange(get("web.example.test", "/headers", headers));
    const { rawHeaders } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as { rawHeaders: string[] };
    expect(rawHeaders).toEqual(
      expect.arrayContaining(["X-Forwarded-For", "192.0.2.1", "X-Odd", "Cookie", "a=1", "Via"]),
    );
    expect(rawHeaders.join("\n")).not.toMatch(/Proxy-Connection|10\.1\.0\.10/);
    expect(answer).not.toMatch(/X-Cache|Keep-Alive: 5/);
  });

  test.each(["denied.example.test", "sub.denied.example.test"])("%s is denied by Squid, by its Host", async (host) => {
    expect(await exchange(get(host, "/denied"))).toMatch(
      /^HTTP\/1\.1 403 Forbidden\r\n[^]*X-Squid-Error: ERR_ACCESS_DENIED/,
    );
    expect(await logged(`http://${host}/denied`)).toEqual([expect.stringContaining("TCP_DENIED/403")]);
  });

  test.each([
    "internal.example.test",
    "metadata.example.test",
    "loopback.example.test",
    "bastion.example.test",
    "169.254.170.2",
    "10.2.0.98",
    "nat64.example.test",
    "local-nat64.example.test",
    "mapped.example.test",
    "[64:ff9b::a02:62]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::a02:62]",
  ])("%s, which is inside, is denied by Squid", async (host) => {
    expect(await exchange(get(host))).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
  });

  test.each([
    "[::ffff:10.2.0.98]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:ffff:10.2.0.98]",
    "[0::ffff:a9fe:a9fe]",
    "[0::ffff:127.0.0.1]",
  ])("%s, an IPv4 address in disguise, is refused by the bridge", async (host) => {
    expect(await exchange(get(host))).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\n/);
  });

  test.each([
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["two Hosts", get("web.example.test", "/", "Host: denied.example.test\r\n"), 400],
    ["a target that contradicts its Host", get("web.example.test", "http://denied.example.test/"), 400],
    ["a Host without HTTP/1.1 and without a name", "GET / HTTP/1.0\r\n\r\n", 400],
    ["the bastion's own address", get("10.2.0.20"), 421],
    ["the bridge's own port", get("web.example.test:3180"), 421],
    ["CONNECT", "CONNECT web.example.test:443 HTTP/1.1\r\nHost: web.example.test:443\r\n\r\n", 405],
    ["two different lengths", get("web.example.test", "/", "Content-Length: 1\r\nContent-Length: 2\r\n"), 400],
    ["a length and chunks", get("web.example.test", "/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400],
    [
      "a coding that hides behind another",
      get("web.example.test", "/", "Transfer-Encoding: chunked, identity\r\n"),
      400,
    ],
    ["a space before a colon", get("web.example.test", "/", "Content-Length : 5\r\n"), 400],
    ["a bare CR in a header", get("web.example.test", "/", "A: b\rC: d\r\n"), 400],
    ["no HTTP", "\x16\x03\x01\x00\x05hello\r\n\r\n", 400],
    ["a header past the limit", get("web.example.test", "/", `A: ${"a".repeat(33_000)}\r\n`), 431],
  ])("refuses %s", async (_, bytes, status) => {
    expect((await exchange(bytes)).split("\r\n")[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test("a folded header line reaches the origin unfolded, or not at all", async () => {
    const answer = await exchange(get("web.example.test", "/folded", "A: b\r\n c\r\n"));
    expect(answer).toMatch(/^HTTP\/1\.1 (400|200) /);
    expect(answer).not.toMatch(/b\\r|b\r\n c/);
  });

  test("a connection from elsewhere is reset, and counted", async () => {
    await expect(exchange(get("web.example.test"), STRANGER)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await lab.metric("bridge_refused_total", '{listener="http",reason="not-a-client"}')).toBe(1);
  });

  test("requests of one connection reach their own hosts, one after the other", async () => {
    const agent = agentFrom(CLIENT);
    for (const host of ["web.example.test", "other.example.test", "denied.example.test", "web.example.test"]) {
      const answer = await answerTo(ask("/kept", { agent, headers: { Host: host } }).end());
      expect([host, answer.statusCode]).toEqual([host, host.startsWith("denied") ? 403 : 200]);
      await text(answer);
    }
    agent.destroy();
  });

  test("pipelined requests reach the origin one after the other, and are answered in their order", async () => {
    const socket = lab.connect(HTTP_PORT);
    const answer = received(socket);
    const kept = (path: string, body: string) =>
      `POST ${path} HTTP/1.1\r\nHost: web.example.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    origin.seen.length = 0;
    socket.write(
      kept("/hold", "") + kept("/echo", "second") + kept("/echo", "third") + get("web.example.test", "/last"),
    );
    await eventually(
      () => origin.held,
      (held) => held.length === 1,
    );
    /* Time enough for the others to get there, if they could. */
    for (const path of ["/one", "/two", "/three"]) await exchange(get("web.example.test", path));
    expect(origin.seen).toEqual(["/hold", "/one", "/two", "/three"]);
    origin.held.pop()?.end("first");
    const answers = (await answer).match(/first|second|third|"url":"\/last"/g);
    expect(answers).toEqual(["first", "second", "third", '"url":"/last"']);
    expect(origin.seen.slice(4)).toEqual(["/echo", "/echo", "/last"]);
  });

  test("HTTP/1.0 gets an answer that ends with its connection", async () => {
    const answer = await exchange("GET /old HTTP/1.0\r\nHost: web.example.test\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*"url":"\/old"/);
  });

  test("HEAD, OPTIONS *, an empty POST and a chunked answer keep their framing", async () => {
    const head = await exchange(get("web.example.test", "/bytes?count=5").replace("GET", "HEAD"));
    expect(head).toMatch(/Content-Length: 5\r\n[^]*\r\n\r\n$/);
    expect(await exchange(get("web.example.test", "*").replace("GET", "OPTIONS"))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exchange(get("web.example.test", "/echo").replace("GET", "POST"))).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exchange(get("web.example.test", "/trailers"))).toMatch(/Transfer-Encoding: chunked\r\n[^]*body/);
  });

  test("Expect: 100-continue asks for the body only when the origin wants it", async () => {
    const asked = ask("/echo", { method: "POST", headers: { Expect: "100-continue", "Content-Length": "5" } });
    const answer = answerTo(asked);
    await once(asked, "continue");
    asked.end("hello");
    expect(await text(await answer)).toBe("hello");
    const denied = ask("/echo", {
      method: "POST",
      headers: { Host: "denied.example.test", Expect: "100-continue", "Content-Length": "5" },
    });
    denied.on("continue", () => denied.destroy(new Error("asked for the body of a denied request")));
    denied.flushHeaders();
    const refused = await answerTo(denied);
    expect([refused.statusCode, refused.headers.connection]).toEqual([403, "close"]);
    refused.resume();
    denied.destroy();
  });

  test("a client that half-closes after its request gets its whole answer", async () => {
    const socket = lab.connect(HTTP_PORT);
    const answer = received(socket);
    socket.end("GET /bytes?count=300000 HTTP/1.1\r\nHost: web.example.test\r\n\r\n");
    const whole = await answer;
    expect(whole.length - whole.indexOf("\r\n\r\n") - 4).toBe(300_000);
  });

  test("an answer that the origin cuts short does not look whole", async () => {
    const answer = await answerTo(ask("/cut").end());
    await expect(text(answer)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("WebSocket works both ways, and an origin that declines it is heard", async () => {
    const over = (path: string) =>
      new WebSocket(`ws://web.example.test${path}`, { createConnection: () => lab.connect(HTTP_PORT) as Socket });
    const socket = over("/chat");
    await once(socket, "open");
    for (const message of ["hello", "x".repeat(100_000)]) {
      socket.send(message);
      const [echoed] = (await once(socket, "message")) as [Buffer];
      expect(echoed.toString()).toBe(message);
    }
    socket.close(1000);
    expect((await once(socket, "close"))[0]).toBe(1000);
    expect(await lab.metric("bridge_upgrades_total")).toBe(1);
    const [declined] = (await once(over("/no"), "error")) as [Error];
    expect(declined.message).toBe("Unexpected server response: 403");
  });

  test.each([0, 200_000])(
    "an offer of h2c with a body of %d bytes is ignored, as RFC 9110 §7.8 allows",
    async (size) => {
      const answer = await exchange(
        "POST /echo HTTP/1.1\r\nHost: web.example.test\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n" +
          `Connection: Upgrade, HTTP2-Settings\r\nContent-Length: ${size}\r\n\r\n${"~".repeat(size)}`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n/);
      expect(answer.match(/~/g)?.length ?? 0).toBe(size);
    },
  );

  test("20 MB go up and 20 MB come down, byte for byte", async () => {
    const count = 20 * MEGABYTE;
    const upload = ask("/digest", { method: "POST", headers: { "Content-Length": String(count) } });
    const answered = answerTo(upload);
    for (let at = 0; at < count; at += 65_536) if (!upload.write(pattern(at, 65_536))) await once(upload, "drain");
    upload.end();
    expect(await text(await answered)).toBe(patternDigest(count));
    const hash = createHash("sha256");
    for await (const chunk of await answerTo(ask(`/bytes?count=${count}`).end())) hash.update(chunk as Buffer);
    expect(hash.digest("hex")).toBe(patternDigest(count));
  });

  test("a reader that stops reading stops the origin, and takes no memory", async () => {
    const count = 200 * MEGABYTE;
    const before = residentBytes(lab.pid);
    const answer = await answerTo(ask(`/bytes?count=${count}`).end());
    answer.pause();
    let last = -1;
    const stalled = await eventually(
      async () => {
        const steady = origin.written === last;
        last = origin.written;
        await new Promise((later) => setTimeout(later, 200));
        return steady;
      },
      (steady) => steady,
    );
    expect(stalled).toBe(true);
    expect(origin.written).toBeLessThan(40 * MEGABYTE);
    expect(residentBytes(lab.pid) - before).toBeLessThan(30 * MEGABYTE);
    answer.destroy();
  });

  test("a header that comes too slowly is answered with 408", async () => {
    const socket = lab.connect(HTTP_PORT);
    const answer = received(socket);
    const drip = setInterval(() => socket.writable && socket.write("a"), 100);
    socket.write("GET / HTTP/1.1\r\nX: ");
    expect(await answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    clearInterval(drip);
    socket.destroy();
  });

  test("a connection that says nothing is closed", async () => {
    const socket = lab.connect(HTTP_PORT);
    expect(await received(socket)).toMatch(/^(HTTP\/1\.1 408|$)/);
    socket.destroy();
  });

  test("nothing is left open, and nothing went wrong inside", async () => {
    expect(
      await eventually(
        () => lab.metric("bridge_open_connections"),
        (open) => open === 0,
      ),
    ).toBe(0);
    expect(lab.log.filter((line) => /"level":"(error|fatal)"|\n +at /.test(line))).toEqual([]);
  }, 15_000);
});
