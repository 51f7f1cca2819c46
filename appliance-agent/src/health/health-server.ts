import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { METRICS_CONTENT_TYPE } from "./metric";
import type { Readiness } from "./readiness";

/** What the server answers with; called for every request, so neither may wait for the kernel or the network. */
export interface HealthView {
  readiness(): Readiness;
  /** Text of `/metrics`. */
  metrics(): string;
}

/** Where to listen, and how much a client may ask for. */
export interface HealthServerOptions {
  /** TCP port; 0 for any that is free. */
  readonly port: number;
  /** @default - every address of the host, IPv4 and IPv6 */
  readonly host?: string;
  /** Connections in all. @default 512 */
  readonly maxConnections?: number;
  /** Connections from one address; the load balancer's nodes hold a few each. @default 32 */
  readonly maxConnectionsPerAddress?: number;
  /** For a whole request, and for a connection that says nothing. @default 5000 */
  readonly timeoutMs?: number;
}

/** A listening health server. */
export interface HealthServer {
  readonly port: number;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

/** Bytes of a request's headers; a health check sends some 200. */
const MAX_HEADER_BYTES = 4096;

/**
 * Serves `/livez`, `/readyz` and `/metrics`.
 *
 * The load balancer takes an appliance out of service when this does not answer, so that no client may keep it from
 * answering another: headers, time and connections of each address are bounded.
 *
 * @throws Error (EADDRINUSE, EACCES) when the port cannot be had
 */
export async function openHealthServer(view: HealthView, options: HealthServerOptions): Promise<HealthServer> {
  const { port, host, maxConnections = 512, maxConnectionsPerAddress = 32, timeoutMs = 5000 } = options;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      keepAliveTimeout: timeoutMs,
      connectionsCheckingInterval: Math.max(100, timeoutMs / 5),
    },
    (request, response) => answer(view, request, response),
  );
  server.maxConnections = maxConnections;
  server.setTimeout(timeoutMs, (socket) => socket.destroy());
  limitAddresses(server, maxConnectionsPerAddress);
  await new Promise<void>((listening, fail) => {
    server.once("error", fail);
    server.listen({ port, host }, () => {
      server.off("error", fail);
      listening();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function answer(view: HealthView, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url?.split("?")[0];
  if (request.method !== "GET" && request.method !== "HEAD")
    return send(response.setHeader("Allow", "GET, HEAD"), 405, {
      error: `method not allowed, got ${request.method}; use GET`,
    });
  if (path === "/livez") return send(response, 200, { live: true });
  if (path === "/readyz") {
    const found = view.readiness();
    return send(response, found.ready ? 200 : 503, found);
  }
  if (path === "/metrics") {
    response.writeHead(200, { "Content-Type": METRICS_CONTENT_TYPE, "Cache-Control": "no-store" });
    response.end(view.metrics());
    return;
  }
  send(response, 404, { error: "no such path; use /livez, /readyz or /metrics" });
}

function send(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(`${JSON.stringify(value)}\n`);
}

function limitAddresses(server: Server, most: number): void {
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
    if (count > most) socket.destroy();
  });
}
