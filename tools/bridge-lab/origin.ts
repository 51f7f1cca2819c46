import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { once } from "node:events";
import { WebSocketServer } from "ws";
import type { Certificates } from "./certificates";

/** A web server on ports 80 and 443 of `address`, as the internet would have one. */
export class Origin {
  /** Bytes that the largest answer has written so far: what back-pressure is seen by. */
  written = 0;
  /** Requests whose answer has been held back. */
  readonly held: ServerResponse[] = [];
  /** Paths of the requests, as they came. */
  readonly seen: string[] = [];
  private readonly servers: Server[];
  private readonly webSockets = new WebSocketServer({ noServer: true });

  constructor(
    private readonly address: string,
    certificates: Certificates,
  ) {
    this.servers = [createServer(), createTlsServer(certificates)];
    this.webSockets.on("connection", (socket) => socket.on("message", (text, binary) => socket.send(text, { binary })));
    for (const server of this.servers)
      server
        .on("request", (request, response) => this.answer(request, response))
        .on("upgrade", (request, socket, head) => {
          if (request.url === "/no") socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
          else
            this.webSockets.handleUpgrade(request, socket, head, (client) =>
              this.webSockets.emit("connection", client),
            );
        });
  }

  async open(): Promise<void> {
    const ports = [80, 443];
    for (const [at, server] of this.servers.entries()) {
      server.listen(ports[at], this.address);
      await once(server, "listening");
    }
  }

  close(): void {
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://origin");
    this.seen.push(pathname);
    if (pathname === "/echo") return void request.pipe(response);
    if (pathname === "/digest") return void digest(request, response);
    if (pathname === "/hold") return void this.held.push(response);
    if (pathname === "/bytes") return this.pour(Number(searchParams.get("count")), response);
    if (pathname === "/cut") {
      response.writeHead(200, { "Content-Length": 1000 });
      response.write("x".repeat(500), () => response.socket?.destroy());
      return;
    }
    if (pathname === "/trailers") {
      response.writeHead(200, { Trailer: "X-Sum" });
      response.write("body");
      response.addTrailers({ "X-Sum": "4" });
      return void response.end();
    }
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ method: request.method, url: request.url, rawHeaders: request.rawHeaders }));
  }

  /** Writes as fast as the reader takes it. */
  private pour(count: number, response: ServerResponse): void {
    this.written = 0;
    response.writeHead(200, { "Content-Length": count });
    const more = () => {
      while (this.written < count) {
        const chunk = pattern(this.written, Math.min(65_536, count - this.written));
        this.written += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", more);
      }
      response.end();
    };
    more();
  }
}

const PATTERN = Buffer.from(Array.from({ length: 65_536 + 251 }, (_, at) => at % 251));

/** Bytes `at` to `at + count` of a stream in which no shift and no swap goes unnoticed. */
export function pattern(at: number, count: number): Buffer {
  return PATTERN.subarray(at % 251, (at % 251) + count);
}

/** SHA-256 of the first `count` bytes of the stream. */
export function patternDigest(count: number): string {
  const hash = createHash("sha256");
  for (let at = 0; at < count; at += 65_536) hash.update(pattern(at, Math.min(65_536, count - at)));
  return hash.digest("hex");
}

async function digest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of request) hash.update(chunk as Buffer);
  response.end(hash.digest("hex"));
}
