import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { WebSocket } from "ws";
import { describeAsRoot } from "../../support/namespaces";
import {
  BridgeLab,
  CLIENT,
  CLIENT_IPV6,
  HTTPS_PORT,
  ORIGIN,
  OTHER_CLIENT,
  received,
  STRANGER,
} from "../../../tools/bridge-lab/bridge-lab";
import { type CapturedClientHello, captureClientHellos, inRecords } from "../../../tools/bridge-lab/client-hellos";
import { eventually } from "../../../tools/bridge-lab/eventually";
import { Origin, pattern, patternDigest } from "../../../tools/bridge-lab/origin";
import { residentBytes } from "../../../tools/bridge-lab/resident-bytes";

const MEGABYTE = 1024 * 1024;

/** The records of RFC 8446 §6 that the bridge writes itself. */
const UNRECOGNIZED_NAME = "\x15\x03\x03\x00\x02\x02\x70";

describeAsRoot("HTTPS through the bridge and a real Squid", () => {
  let lab: BridgeLab;
  let origin: Origin;
  let hellos: CapturedClientHello[];

  beforeAll(async () => {
    hellos = await captureClientHellos();
    lab = new BridgeLab();
    origin = new Origin(ORIGIN, lab.certificates);
    await origin.open();
    lab.configure({ deniedDomains: [".denied.example.test"], timeouts: { headerSeconds: 2 } });
    await lab.startBridge({ reloadsSquid: false });
    await lab.squid.start();
  }, 60_000);

  afterAll(async () => {
    origin.close();
    await lab.close();
  });

  /** TLS with the real certificate check, over a connection to the bridge. */
  function secure(servername: string, options: ConnectionOptions = {}, from = CLIENT): TLSSocket {
    return connectTls({ socket: lab.connect(HTTPS_PORT, from), servername, ca: lab.certificates.ca, ...options });
  }

  function ask(
    path: string,
    options: { method?: string; headers?: Record<string, string>; servername?: string; from?: string } = {},
  ) {
    const { servername = "web.example.test", from, ...rest } = options;
    const createConnection = () => secure(servername, {}, from) as Socket;
    return request({
      host: servername,
      path,
      ...rest,
      createConnection,
      headers: { Connection: "close", ...rest.headers },
    });
  }

  const answerTo = async (asked: ReturnType<typeof ask>) => ((await once(asked, "response")) as [IncomingMessage])[0];

  /** Sends bytes as they are and returns everything that comes back. */
  async function exchange(...parts: Uint8Array[]): Promise<string> {
    const socket = lab.connect(HTTPS_PORT);
    const answer = received(socket);
    for (const part of parts) {
      socket.write(part);
      await new Promise((later) => setImmediate(later));
    }
    return answer;
  }

  const failure = async (socket: TLSSocket) => ((await once(socket, "error")) as [NodeJS.ErrnoException])[0].code;

  const refused = (reason: string) => lab.metric("bridge_refused_total", `{listener="https",reason="${reason}"}`);

  test.each([
    [CLIENT, "10.1.0.10 -> 10.2.0.20:3443"],
    [OTHER_CLIENT, "10.1.0.11 -> 10.2.0.20:3443"],
    [CLIENT_IPV6, "fd00:1::10 -> fd00:2::20:3443"],
  ])("reaches the origin for %s, undecrypted, and Squid logs that client and the name", async (from, endpoints) => {
    const asked = ask("/secret", { from });
    const socket = (await once(asked.end(), "socket"))[0] as TLSSocket;
    const answer = await answerTo(asked);
    expect(socket.getPeerCertificate().issuer.CN).toBe("test CA");
    expect(await text(answer)).toContain('"url":"/secret"');
    const lines = await eventually(
      () => lab.squid.log.filter((line) => line.includes(endpoints)),
      (found) => found.length > 0,
    );
    expect(lines).toEqual([
      expect.stringMatching(`TCP_TUNNEL/200 \\d+ CONNECT web.example.test:443 HIER_DIRECT/${ORIGIN}$`),
    ]);
    expect(lab.squid.log.join("\n")).not.toContain("/secret");
  });

  test.each(["denied.example.test", "sub.denied.example.test"])(
    "%s is denied by Squid, by its server name",
    async (name) => {
      expect(await failure(secure(name))).toBe("ERR_SSL_TLSV1_ALERT_ACCESS_DENIED");
      expect(await failure(secure(name.toUpperCase()))).toBe("ERR_SSL_TLSV1_ALERT_ACCESS_DENIED");
      await eventually(
        () => lab.squid.log.filter((line) => line.includes(`CONNECT ${name}:443`) && line.includes("TCP_DENIED/403")),
        (lines) => lines.length === 2,
      );
    },
  );

  test.each(["internal.example.test", "metadata.example.test", "loopback.example.test", "bastion.example.test"])(
    "%s, which is inside, is denied by Squid",
    async (name) => {
      expect(await failure(secure(name))).toBe("ERR_SSL_TLSV1_ALERT_ACCESS_DENIED");
    },
  );

  test("an origin that cannot be reached is told by an alert", async () => {
    expect(await failure(secure("closed.example.test"))).toBe("ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR");
  });

  test.each([
    ["no server name", ""],
    ["an address", "203.0.113.10"],
    ["an address in disguise", "0x7f.1"],
    ["a trailing dot", "web.example.test."],
    ["a name that is none", "web_example..test"],
  ])("%s is refused with unrecognized_name", async (_, name) => {
    const named = hellos.find((hello) => hello.name === "openssl TLS 1.3")?.bytes ?? Buffer.of();
    const unnamed = hellos.find((hello) => hello.serverName === undefined)?.bytes ?? Buffer.of();
    const sent = name === "" ? unnamed : rename(named, "web.example.test", name);
    expect(await exchange(sent)).toBe(UNRECOGNIZED_NAME);
  });

  test("a client without a server name sees the alert", async () => {
    const socket = connectTls({
      socket: lab.connect(HTTPS_PORT),
      ca: lab.certificates.ca,
      checkServerIdentity: () => undefined,
    });
    expect(["ERR_SSL_TLSV1_UNRECOGNIZED_NAME", "ERR_SSL_TLSV1_ALERT_UNRECOGNIZED_NAME"]).toContain(
      await failure(socket),
    );
  });

  test.each([
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: web.example.test\r\n\r\n"), "not-tls"],
    ["SSH", Buffer.from("SSH-2.0-OpenSSH_9.6\r\n"), "not-tls"],
    ["a broken ClientHello", Buffer.from("16030100050100000100", "hex"), "malformed-client-hello"],
    [
      "a ClientHello past the limit",
      Buffer.concat([Buffer.from("16030140000100fffc", "hex"), Buffer.alloc(16_380)]),
      "client-hello-too-large",
    ],
  ])("%s is reset", async (_, bytes, reason) => {
    const before = await refused(reason);
    await expect(exchange(bytes)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await refused(reason)).toBe(before + 1);
  });

  test("a ClientHello that comes too slowly is reset", async () => {
    const socket = lab.connect(HTTPS_PORT);
    const answer = received(socket);
    socket.write(Buffer.of(22, 3, 1));
    await expect(answer).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await refused("client-hello-timeout")).toBe(1);
  });

  test("a connection from elsewhere is reset, and counted", async () => {
    await expect(received(lab.connect(HTTPS_PORT, STRANGER))).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await refused("not-a-client")).toBe(1);
  });

  test("a ClientHello that comes byte by byte, and one in records of 10 bytes, reach the origin", async () => {
    const named = hellos.filter(({ serverName }) => serverName === "web.example.test");
    expect(named.length).toBeGreaterThan(3);
    const before = await lab.metric("bridge_tunnels_total");
    for (const { bytes } of named.slice(0, 2)) {
      for (const sent of [bytes, inRecords(bytes, 10)]) {
        const socket = lab.connect(HTTPS_PORT).setNoDelay(true);
        const [first] = (await Promise.all([once(socket, "data"), drip(socket, sent)]))[0] as [Buffer];
        /* The origin's ServerHello: Squid and the bridge have no handshake record of their own. */
        expect(first[0]).toBe(22);
        socket.destroy();
      }
    }
    expect(await lab.metric("bridge_tunnels_total")).toBe(before + 4);
  });

  test("WebSocket over TLS works both ways", async () => {
    const socket = new WebSocket("wss://web.example.test/chat", {
      createConnection: () => secure("web.example.test") as Socket,
    });
    await once(socket, "open");
    socket.send("hello");
    expect(String(((await once(socket, "message")) as [Buffer])[0])).toBe("hello");
    socket.close();
    await once(socket, "close");
  });

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
    const before = residentBytes(lab.pid);
    const answer = await answerTo(ask(`/bytes?count=${200 * MEGABYTE}`).end());
    answer.pause();
    const seen: number[] = [];
    await eventually(
      async () => {
        await new Promise((later) => setTimeout(later, 200));
        return seen.push(origin.written);
      },
      (count) => count > 2 && seen.at(-1) === seen.at(-2),
    );
    expect(origin.written).toBeLessThan(40 * MEGABYTE);
    expect(residentBytes(lab.pid) - before).toBeLessThan(30 * MEGABYTE);
    answer.destroy();
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

async function drip(socket: Socket, bytes: Uint8Array): Promise<void> {
  for (const byte of bytes) {
    socket.write(Uint8Array.of(byte));
    await new Promise((later) => setImmediate(later));
  }
}

/** The same ClientHello for a name of another length: five lengths change (RFC 8446 §4.1.2, RFC 6066 §3). */
function rename(hello: Buffer, from: string, to: string): Buffer {
  const at = hello.indexOf(from);
  const change = to.length - from.length;
  const renamed = Buffer.concat([hello.subarray(0, at), Buffer.from(to), hello.subarray(at + from.length)]);
  const lengths = [3, 7, extensionsAt(hello), at - 7, at - 5, at - 2];
  for (const field of lengths) renamed.writeUInt16BE(renamed.readUInt16BE(field) + change, field);
  return renamed;
}

function extensionsAt(hello: Buffer): number {
  const session = 5 + 4 + 2 + 32;
  const suites = session + 1 + hello.readUInt8(session);
  const compression = suites + 2 + hello.readUInt16BE(suites);
  return compression + 1 + hello.readUInt8(compression);
}
