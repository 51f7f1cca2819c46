/**
 * Fields of one connection, which a proxy takes out (RFC 9110 §7.6.1). `Proxy-Authorization` is among them since the
 * client knows of no proxy: credentials for one are a mistake that must not reach an origin. `Trailer` is, as RFC 2616
 * §13.5.1 has it: it only announces, Squid passes no trailers on, and where there are no chunks Node refuses to write it.
 */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Fields that `Connection` may not take out, whoever asks: without them the message would be another one. */
const NEVER_HOP_BY_HOP = new Set(["host", "content-length", "content-type", "authorization", "cookie", "expect"]);

/**
 * The headers that go on, without those of this connection and those that `Connection` names.
 *
 * @param rawHeaders names and values in turn
 * @returns the same, order and letter case kept
 */
export function endToEndHeaders(rawHeaders: readonly string[]): string[] {
  const dropped = new Set(HOP_BY_HOP);
  for (const [name, value] of pairs(rawHeaders))
    if (name.toLowerCase() === "connection") for (const option of nominated(value)) dropped.add(option);
  return pairs(rawHeaders)
    .filter(([name]) => !dropped.has(name.toLowerCase()))
    .flat();
}

/** Names and values, two by two. */
export function pairs(rawHeaders: readonly string[]): (readonly [name: string, value: string])[] {
  return rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ""] as const] : []));
}

function nominated(value: string): string[] {
  return value
    .split(",")
    .map((option) => option.trim().toLowerCase())
    .filter((option) => !NEVER_HOP_BY_HOP.has(option));
}
