import { createHash } from "node:crypto";
import type { IncomingMessage, RequestListener } from "node:http";

/** Bytes that `/bytes/<n>` repeats; a prime number, so that no page of memory equals the next. */
const PATTERN = Buffer.from(Array.from({ length: 65_521 }, (_, index) => (index * 31 + (index >> 8) * 7) & 0xff));

/** Most bytes that `/bytes/<n>` sends. */
const MAX_BYTES = 1 << 30;

/**
 * A web server of the internet: `/` names it and who asks, `/bytes/<n>` is n bytes of which the checksum can be asked at
 * `/sha256/<n>`, and what is sent to it is answered by its checksum.
 */
export const webServer: RequestListener = (request, response) => {
  const [, kind, count = ""] = /^\/(bytes|sha256)\/(\d{1,10})$/.exec(request.url ?? "") ?? [];
  const length = Math.min(Number(count), MAX_BYTES);
  if (request.method === "POST" || request.method === "PUT") {
    void checksum(request).then((sum) => response.end(`${sum}\n`));
  } else if (kind === "bytes") {
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": length });
    const chunks = pieces(length);
    const next = (): void => {
      for (let chunk = chunks.next(); !chunk.done; chunk = chunks.next()) {
        if (!response.write(chunk.value)) {
          response.once("drain", next);
          return;
        }
      }
      response.end();
    };
    next();
  } else if (kind === "sha256") {
    const hash = createHash("sha256");
    for (const piece of pieces(length)) hash.update(piece);
    response.end(`${hash.digest("hex")}\n`);
  } else {
    response.writeHead(200, { "Content-Type": "text/plain" });
    response.end(
      `${request.headers.host ?? ""} at ${request.socket.localAddress ?? ""} was asked by ${request.socket.remoteAddress ?? ""}\n`,
    );
  }
};

function* pieces(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= PATTERN.length)
    yield left < PATTERN.length ? PATTERN.subarray(0, left) : PATTERN;
}

async function checksum(request: IncomingMessage): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of request) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
