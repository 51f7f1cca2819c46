import { execFile } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { connect, type ConnectionOptions } from "node:tls";

/** A ClientHello that a real TLS client sent. */
export interface CapturedClientHello {
  readonly name: string;
  readonly bytes: Buffer;
  /** What the client was told to ask for. @default - nothing */
  readonly serverName?: string;
}

const SERVER_NAME = "web.example.test";

/** Arguments of `openssl s_client`, and whether they name the server. */
const OPENSSL: readonly (readonly [name: string, args: readonly string[], named: boolean])[] = [
  ["openssl TLS 1.3", ["-tls1_3", "-servername", SERVER_NAME], true],
  ["openssl TLS 1.2", ["-tls1_2", "-servername", SERVER_NAME], true],
  ["openssl TLS 1.0", ["-tls1", "-cipher", "ALL:@SECLEVEL=0", "-servername", SERVER_NAME], true],
  ["openssl with ALPN and OCSP stapling", ["-servername", SERVER_NAME, "-alpn", "h2,http/1.1", "-status"], true],
  ["openssl with every group", ["-servername", SERVER_NAME, "-groups", "P-521:X448:P-384:X25519:P-256"], true],
  ["openssl with a long name", ["-servername", `${"a".repeat(60)}.${"b".repeat(60)}.${SERVER_NAME}`], true],
  ["openssl without a server name", ["-noservername"], false],
];

const NODE: readonly (readonly [name: string, options: ConnectionOptions])[] = [
  ["node", { servername: SERVER_NAME }],
  ["node TLS 1.2 with ALPN", { servername: SERVER_NAME, maxVersion: "TLSv1.2", ALPNProtocols: ["h2", "http/1.1"] }],
  ["node without a server name", {}],
];

/** Lets openssl and Node connect to a listener of ours that answers nothing, and keeps what they sent first. */
export async function captureClientHellos(): Promise<CapturedClientHello[]> {
  const captured: CapturedClientHello[] = [];
  for (const [name, args, named] of OPENSSL) {
    const serverName = named ? args[args.indexOf("-servername") + 1] : undefined;
    const bytes = await firstBytes((port) => {
      const child = execFile("openssl", ["s_client", "-connect", `127.0.0.1:${port}`, ...args], () => undefined);
      return () => child.kill("SIGKILL");
    });
    captured.push({ name, bytes, ...(serverName === undefined ? {} : { serverName }) });
  }
  for (const [name, options] of NODE) {
    const bytes = await firstBytes((port) => {
      const socket = connect({ port, host: "127.0.0.1", ...options }).on("error", () => undefined);
      return () => socket.destroy();
    });
    captured.push({ name, bytes, ...(options.servername === undefined ? {} : { serverName: options.servername }) });
  }
  return captured;
}

/** The same handshake message in records of at most `size` bytes. */
export function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.of(22, 3, 1, part.length >> 8, part.length & 255), part);
  }
  return Buffer.concat(records);
}

async function firstBytes(start: (port: number) => () => void): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = start((server.address() as AddressInfo).port);
  const [socket] = (await once(server, "connection", { signal: AbortSignal.timeout(5000) })) as [Socket];
  const [bytes] = (await once(socket, "data")) as [Buffer];
  stop();
  socket.on("error", () => undefined).destroy();
  server.close();
  return bytes;
}
