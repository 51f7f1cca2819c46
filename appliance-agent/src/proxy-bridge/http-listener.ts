import { createServer, ServerResponse, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import type { BridgeContext } from "./bridge-context";
import { ClientLane } from "./client-lane";
import { forwardRequest } from "./forward-request";
import { answerOwn } from "./own-answer";
import { plainAddress } from "./proxy-protocol";
import { requestTarget, type RequestRefusal, type RequestTarget } from "./request-target";
import { connectToSquid } from "./squid-connection";
import { forwardUpgrade, UpgradableRequest } from "./websocket";

/** How often connections are looked through for those that are late. */
const CHECK_MS = 500;

/** A refused connection is destroyed after this long, whether or not the client has closed it. */
const LINGER_MS = 1000;

/** What Node's parser refuses, as the client is told (RFC 9110 §15.5, RFC 6585 §5). */
const PARSER_REFUSALS: Readonly<Record<string, { status: string; reason: string }>> = {
  HPE_HEADER_OVERFLOW: { status: "431 Request Header Fields Too Large", reason: "header-too-large" },
  ERR_HTTP_REQUEST_TIMEOUT: { status: "408 Request Timeout", reason: "header-timeout" },
};

/** Takes the clients' HTTP: reads where each request goes from its `Host`, and asks Squid in absolute form. */
export function httpListener(context: BridgeContext): Server {
  const lanes = new WeakMap<Socket, ClientLane>();
  const server = createServer({
    IncomingMessage: UpgradableRequest,
    insecureHTTPParser: false,
    requireHostHeader: false /* requestTarget() does, and says what is wrong */,
    requestTimeout: 0 /* an upload may take its time; idleSeconds ends one that stands still */,
    connectionsCheckingInterval: CHECK_MS,
    noDelay: true,
  });
  server.maxHeadersCount = 0; /* else headers past the 2,000th vanish silently; their bytes are limited */
  /* Not in Node's types: without it a client that half-closes after its request gets no answer. */
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("connection", (client: Socket) => {
    if (!context.admit("http", client)) return;
    const open = () => connectToSquid(context.squid, client, context.configuration.timeouts.connectSeconds * 1000);
    lanes.set(client, new ClientLane(client, open));
  });
  const take = (request: IncomingMessage, response: ServerResponse) => {
    const lane = lanes.get(request.socket);
    const target = judge(context, request);
    /* Node's parser loses what follows such a request in the same segment. */
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    if (lane === undefined) return void request.socket.destroy();
    lane.enter(response, () => {
      if ("status" in target) refuseRequest(context, request, response, target);
      else forwardRequest(context, lane.agent, request, response, target);
    });
  };
  const takeOver = (request: IncomingMessage, client: Socket, head: Buffer) => {
    const lane = lanes.get(client);
    /* Asked before the answers to earlier requests: Node has left the connection to us, and cannot have two at once. */
    if (!lane?.idle) return void client.destroy();
    const target = judge(context, request);
    const response = detachedResponse(request, client);
    if ("status" in target) {
      client.resume(); /* bytes that nobody reads would turn the close into a reset, which may overtake the answer */
      refuseRequest(context, request, response, target);
    } else forwardUpgrade(context, lane.agent, request, response, head, target);
  };
  server.on("request", take);
  server.on("checkContinue", take);
  server.on("checkExpectation", take); /* Squid judges it; an answer of Node's own would not be in its turn */
  server.on("upgrade", takeOver);
  server.on("connect", takeOver);
  server.on("clientError", (error: NodeJS.ErrnoException, client: Socket) => refuseBytes(context, client, error));
  return server;
}

/** Limits and timeouts of connections to come. */
export function applyHttpLimits(server: Server, { limits, timeouts }: BridgeContext["configuration"]): void {
  Object.assign(server, { maxHeaderSize: limits.headerBytes });
  server.headersTimeout = timeouts.headerSeconds * 1000;
  server.keepAliveTimeout = timeouts.keepAliveSeconds * 1000;
  server.setTimeout(timeouts.idleSeconds * 1000);
}

function judge(context: BridgeContext, request: IncomingMessage): RequestTarget | RequestRefusal {
  const { method = "", url = "", httpVersion, rawHeaders } = request;
  return requestTarget({ method, target: url, httpVersion, rawHeaders }, context.isOwnAddress);
}

/** An answer on a connection that Node's parser has left; the connection ends with it. */
function detachedResponse(request: IncomingMessage, client: Socket): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(client);
  response.once("finish", () => client.destroySoon());
  client.on("error", () => undefined /* "close" follows */);
  return response;
}

function refuseRequest(
  context: BridgeContext,
  request: IncomingMessage,
  response: ServerResponse,
  { status, reason, detail }: RequestRefusal,
): void {
  note(context, request.socket, reason, { detail });
  answerOwn(response, status, detail);
}

/** Refuses what is no request; says so only where nothing else is being written. */
function refuseBytes(context: BridgeContext, client: Socket, error: NodeJS.ErrnoException): void {
  const { status, reason } = PARSER_REFUSALS[error.code ?? ""] ?? { status: "400 Bad Request", reason: "not-http" };
  const answering = (client as Socket & { _httpMessage?: ServerResponse })._httpMessage;
  if (error.code === "ECONNRESET" || client.writableEnded || !client.writable || answering)
    return void client.destroy();
  note(context, client, reason, { error: error.code });
  const text = `${status.slice(0, 3)}: ${reason}\n`;
  client.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`,
  );
  const linger = setTimeout(() => client.destroy(), LINGER_MS);
  client.once("close", () => clearTimeout(linger));
}

function note(context: BridgeContext, client: Socket, reason: string, fields: object): void {
  context.counters.add("refused", { listener: "http", reason });
  context.log.info({ listener: "http", client: plainAddress(client.remoteAddress), reason, ...fields }, "refused");
}
