import {
  request as askProxy,
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { BridgeContext } from "./bridge-context";
import { endToEndHeaders } from "./end-to-end-headers";
import { answerOwn } from "./own-answer";
import type { RequestTarget } from "./request-target";
import { isReset, SQUID_ATTEMPTS } from "./squid-connection";

/** For an origin that never says 100: RFC 9110 §10.1.1 has clients wait, but not for ever. */
const CONTINUE_MS = 1000;

/** Message of the error with which a request to Squid ends that takes too long. */
export const LATE = "no answer in time";

const UNASKED_SWITCH = "the origin switched to a protocol that was not asked for";

/** Sends a request to Squid in absolute form, and Squid's answer back; bodies flow as they come. */
export function forwardRequest(
  context: BridgeContext,
  agent: Agent,
  request: IncomingMessage,
  response: ServerResponse,
  target: RequestTarget,
  attempt = 1,
): void {
  const asked = ask(context, agent, request, response, target);
  if (asked === undefined) return;
  asked.setTimeout(context.configuration.timeouts.idleSeconds * 1000, () => asked.destroy(new Error(LATE)));
  asked.once("error", (error) => {
    if (attempt < SQUID_ATTEMPTS && isReset(error) && mayAskAgain(asked, request, response))
      forwardRequest(context, agent, request, response, target, attempt + 1);
    else failed(context, asked, request, response, error);
  });
  asked.once("response", (answer) => sendBack(context, answer, request, response));
  asked.once("upgrade", (_answer, socket) => {
    socket.destroy();
    answerOwn(response, 502, UNASKED_SWITCH);
  });
  response.once("close", () => {
    if (!response.writableFinished) asked.destroy();
  });
  sendBody(request, response, asked);
}

/**
 * Writes a request's header to Squid.
 *
 * @param upgrade the fields of an offer to switch protocols, names and values in turn
 * @returns undefined when Node refuses to write it (ERR_UNESCAPED_CHARACTERS, ERR_INVALID_CHAR), and that was answered
 */
export function ask(
  context: BridgeContext,
  agent: Agent,
  request: IncomingMessage,
  response: ServerResponse,
  target: RequestTarget,
  upgrade: readonly string[] = [],
): ClientRequest | undefined {
  try {
    const asked = askProxy({
      agent,
      host: context.squid.address,
      port: context.squid.port,
      method: request.method,
      path: target.uri,
      headers: [...proxiedHeaders(request, target), ...upgrade],
      maxHeaderSize: context.configuration.limits.headerBytes,
      insecureHTTPParser: false,
    });
    /* For errors after the first: one that nobody hears would end the process. */
    return asked.on("error", () => undefined);
  } catch {
    answerOwn(response, 400, "the request has bytes that no target and no header has");
    return undefined;
  }
}

/** The client's end-to-end headers, the Host as it was judged, and the body's length as the parser understood it. */
function proxiedHeaders(request: IncomingMessage, { host }: RequestTarget): string[] {
  const headers = endToEndHeaders(request.rawHeaders).map((field, at, all) =>
    at % 2 === 1 && all[at - 1]?.toLowerCase() === "host" ? host : field,
  );
  if (request.headers["transfer-encoding"] !== undefined) headers.push("Transfer-Encoding", "chunked");
  else if (
    request.headers["content-length"] === undefined &&
    !["GET", "HEAD", "OPTIONS"].includes(request.method ?? "")
  )
    headers.push("Content-Length", "0");
  return headers;
}

function sendBody(request: IncomingMessage, response: ServerResponse, asked: ClientRequest): void {
  request.once("end", () => {
    if (Object.keys(request.trailers).length > 0)
      asked.addTrailers(Object.entries(request.trailersDistinct).flatMap(flat));
  });
  /* RFC 9110 §10.1.1: "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore" it. */
  if (request.headers.expect === undefined || request.httpVersion === "1.0") return void request.pipe(asked);
  const proceed = () => {
    clearTimeout(late);
    asked.off("continue", proceed);
    if (request.listenerCount("data") > 0 || response.headersSent) return;
    response.writeContinue();
    request.pipe(asked);
  };
  const late = setTimeout(proceed, CONTINUE_MS);
  asked.on("continue", proceed).once("close", () => clearTimeout(late));
}

function flat([name, values]: [string, string[] | undefined]): [string, string][] {
  return (values ?? []).map((value) => [name, value]);
}

/** Sends Squid's answer on, framed anew for the client's HTTP version. */
export function sendBack(
  context: BridgeContext,
  answer: IncomingMessage,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const status = answer.statusCode ?? 502;
  if (status === 101) {
    answer.destroy();
    return answerOwn(response, 502, UNASKED_SWITCH);
  }
  const unread = !request.complete && request.headers.expect !== undefined && request.listenerCount("data") === 0;
  /* Squid that ends its connection would leave the next request unanswered; so would a body that was never asked for. */
  if (answer.headers.connection?.toLowerCase() === "close" || unread || context.draining)
    response.shouldKeepAlive = false;
  response.sendDate = false;
  try {
    response.writeHead(status, answer.statusMessage, endToEndHeaders(answer.rawHeaders));
  } catch {
    answer.destroy();
    return answerOwn(response, 502, "the origin's header has bytes that no header has");
  }
  context.counters.add("requests", { status: `${Math.floor(status / 100)}xx` });
  answer.once("end", () => {
    const trailers = Object.entries(answer.trailersDistinct).flatMap(flat);
    if (trailers.length > 0 && response.chunkedEncoding) response.addTrailers(trailers);
  });
  /* An answer that was cut short must not look whole. */
  answer.once("error", () => response.destroy());
  answer.once("aborted", () => response.destroy());
  answer.pipe(response);
}

/** RFC 9112 §9.3.1: a request that means the same twice, of which nothing has been answered, and no body is lost. */
function mayAskAgain(asked: ClientRequest, request: IncomingMessage, response: ServerResponse): boolean {
  const { "transfer-encoding": coding, "content-length": length } = request.headers;
  const idempotent = ["GET", "HEAD", "OPTIONS", "DELETE"].includes(request.method ?? "");
  return idempotent && !coding && !length && !asked.reusedSocket && !response.headersSent && !response.destroyed;
}

/** Answers for Squid, where that is still possible. */
export function failed(
  context: BridgeContext,
  asked: ClientRequest,
  request: IncomingMessage,
  response: ServerResponse,
  error: Error,
): void {
  if (response.destroyed || response.writableEnded) return;
  if (response.headersSent) return void response.destroy();
  /* Squid closed an idle connection while this request was on its way: RFC 9112 §9.3.1 leaves it to the client to ask
     again, and a client does when its connection closes without an answer. */
  if (asked.reusedSocket && isReset(error)) return void request.socket.destroy();
  context.squidFailed("http", request.socket, error);
  const late = error.message === LATE;
  context.counters.add("requests", { status: "5xx" });
  answerOwn(response, late ? 504 : 502, late ? "the proxy gave no answer in time" : "the proxy cannot be reached");
}
