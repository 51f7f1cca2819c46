/**
 * Both ends of a TCP test in one program: `serve <port>` answers until it is killed; `exchange <address> <port> <bytes>`
 * connects, sends and receives so many bytes, and says what came.
 */
import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";

/** What `exchange` prints. */
export interface Exchange {
  /** Bytes sent that the other end confirmed by their digest. */
  readonly confirmed: boolean;
  /** The bytes that came back are those that were sent. */
  readonly echoed: boolean;
  /** Address of this end, as the other end saw it. */
  readonly seenAs: string;
}

const [mode, ...rest] = process.argv.slice(2);

function pattern(length: number): Buffer {
  return Buffer.alloc(length, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));
}

/** Reads a JSON line with the length, then the bytes; answers with a JSON line about them, then the same bytes. */
function serve(port: number): void {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let received = Buffer.alloc(0);
    let expected: number | undefined;
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      const line = received.indexOf("\n");
      if (expected === undefined && line >= 0) {
        expected = Number(received.subarray(0, line).toString());
        received = received.subarray(line + 1);
      }
      if (expected !== undefined && received.length >= expected) {
        const digest = createHash("sha256").update(received).digest("hex");
        socket.end(
          Buffer.concat([Buffer.from(`${JSON.stringify({ digest, from: socket.remoteAddress })}\n`), received]),
        );
      }
    });
  });
  server.listen({ port, host: "::" }, () => process.stdout.write("listening\n"));
}

function exchange(host: string, port: number, length: number): void {
  const sent = pattern(length);
  const socket = connect({ host, port, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.setTimeout(15_000, () => socket.destroy(new Error("no packet for 15 s")));
  socket.on("connect", () => socket.write(Buffer.concat([Buffer.from(`${length}\n`), sent])));
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
  socket.on("end", () => {
    socket.end();
    const received = Buffer.concat(chunks);
    const line = received.indexOf("\n");
    const said = JSON.parse(received.subarray(0, line).toString()) as { digest: string; from: string };
    const result: Exchange = {
      confirmed: said.digest === createHash("sha256").update(sent).digest("hex"),
      echoed: received.subarray(line + 1).equals(sent),
      seenAs: said.from.replace("::ffff:", ""),
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  });
}

if (mode === "serve") serve(Number(rest[0]));
else exchange(rest[0] ?? "", Number(rest[1]), Number(rest[2]));
