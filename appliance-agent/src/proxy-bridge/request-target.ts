import { isIPv4, isIPv6 } from "node:net";
import { parseServerName } from "./server-name";

/** A request as Node's parser found it, as far as it says where the request goes. */
export interface ReceivedRequest {
  readonly method: string;
  /** The request target as it was sent (RFC 9112 §3.2). */
  readonly target: string;
  /** `1.0` or `1.1`. */
  readonly httpVersion: string;
  /** Names and values in turn, in the order and the letter case in which they were sent. */
  readonly rawHeaders: readonly string[];
}

/** Where a request goes. */
export interface RequestTarget {
  /** Absolute form, as Squid takes it (RFC 9112 §3.2.2). */
  readonly uri: string;
  /** Value of the `Host` that is sent with it. */
  readonly host: string;
}

/** Why a request is not sent on. */
export interface RequestRefusal {
  readonly status: 400 | 405 | 421 | 501;
  /** Stable, in kebab-case; a label of the metrics. */
  readonly reason: "no-host" | "invalid-host" | "host-mismatch" | "other-port" | "own-address" | "connect" | "framing";
  /** For the person who sent it. */
  readonly detail: string;
}

/** The only port of a URI: the bridge takes what was on its way to port 80, and must not open the way to any other. */
const HTTP_PORT = 80;

/**
 * Decides where a request goes.
 *
 * `Host` is the only thing that names the destination of a client that does not know of a proxy. Whatever Squid might
 * read differently from the bridge is refused, since one of them would then judge another request than is sent.
 *
 * @param isOwnAddress whether a literal address is the bastion's own: a request to it would come back here
 */
export function requestTarget(
  request: ReceivedRequest,
  isOwnAddress: (address: string) => boolean,
): RequestTarget | RequestRefusal {
  if (request.method === "CONNECT")
    return refuse(405, "connect", "CONNECT is for proxies that the client knows of; connect to port 443 itself");
  const framing = framingProblem(request);
  if (framing !== undefined) return refuse(framing.startsWith("Transfer-Encoding") ? 501 : 400, "framing", framing);
  const hosts = values(request.rawHeaders, "host");
  const [host] = hosts;
  if (hosts.length !== 1 || host === undefined || host === "")
    return refuse(400, "no-host", `exactly one Host header is needed (RFC 9112 3.2), got ${hosts.length}`);
  const { authority = host, path } = splitTarget(request.target, request.method);
  if (path === undefined) return refuse(400, "invalid-host", `the target must be a path or an http:// URI`);
  if (authority.toLowerCase() !== host.toLowerCase())
    return refuse(400, "host-mismatch", `the target names ${authority}, the Host header ${host}`);
  return toOrigin(authority, path, isOwnAddress);
}

/** What must not be guessed about a body's length (RFC 9112 §6.3); conflicts inside it are refused by the parser. */
function framingProblem({ httpVersion, rawHeaders }: ReceivedRequest): string | undefined {
  const codings = values(rawHeaders, "transfer-encoding");
  const lengths = values(rawHeaders, "content-length");
  if (lengths.length > 1) return `one Content-Length at most, got ${lengths.length}`;
  if (codings.length === 0) return undefined;
  if (codings.join().toLowerCase() !== "chunked") return `Transfer-Encoding must be chunked, got ${codings.join()}`;
  if (httpVersion !== "1.1") return `no Transfer-Encoding in HTTP/1.0 (RFC 9112 6.1), got ${codings.join()}`;
  return lengths.length > 0 ? "Content-Length or Transfer-Encoding, not both" : undefined;
}

/** Origin form, absolute form of `http`, and for OPTIONS the asterisk form (RFC 9112 §3.2). */
function splitTarget(target: string, method: string): { authority?: string; path?: string } {
  if (target === "*") return method === "OPTIONS" ? { path: "" } : {};
  if (target.startsWith("/")) return { path: target };
  const [whole, authority] = /^http:\/\/([^/?#]*)/i.exec(target) ?? [];
  if (whole === undefined || authority === undefined) return {};
  const path = target.slice(whole.length);
  return { authority, path: path.startsWith("/") ? path : `/${path}` };
}

function toOrigin(
  authority: string,
  path: string,
  isOwnAddress: (address: string) => boolean,
): RequestTarget | RequestRefusal {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]@]+))(?::(\d{0,5}))?$/i.exec(authority) ?? [];
  const name = bracketed ?? plain ?? "";
  const address = bracketed === undefined ? isIPv4(name) : isIPv6(name);
  if (!address && (bracketed !== undefined || parseServerName(name.replace(/\.$/, "")) === undefined))
    return refuse(400, "invalid-host", `a host name or an address is needed, got ${authority}`);
  if (port && Number(port) !== HTTP_PORT)
    return refuse(421, "other-port", `this connection went to port ${HTTP_PORT}, got ${authority}`);
  if (address && isOwnAddress(name)) return refuse(421, "own-address", `${name} is the proxy itself`);
  const host = address ? (bracketed === undefined ? name : `[${name}]`) : name.replace(/\.$/, "").toLowerCase();
  return { uri: `http://${host}${path}`, host };
}

function values(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}

function refuse(status: RequestRefusal["status"], reason: RequestRefusal["reason"], detail: string): RequestRefusal {
  return { status, reason, detail };
}
