import { once } from "node:events";
import type { Lab } from "../lab";
import { DATAGRAM, type PortProbe } from "./probe";

/** Who listens: a host of the lab, at one of its addresses. */
export interface Receiver {
  readonly host: string;
  readonly address: string;
}

/**
 * Listens on a port until its input ends: accepts connections, answers datagrams. Where somebody listens already there is
 * nothing to do.
 */
const PROGRAM = `
const [protocol, address, port, answer] = process.argv.slice(1);
const ready = () => console.log("ready");
const failed = (error) => (error.code === "EADDRINUSE" ? ready() : (console.error(error.message), process.exit(1)));
if (protocol === "tcp") {
  require("node:net").createServer((socket) => socket.on("error", () => undefined).end())
    .on("error", failed).listen(Number(port), address, ready);
} else {
  const socket = require("node:dgram").createSocket("udp4");
  socket.on("error", failed).on("message", (_, { port, address }) => socket.send(answer, port, address));
  socket.bind(Number(port), address, ready);
}
process.stdin.on("end", () => process.exit()).resume();`;

/**
 * Somebody listens on a port of a host while `body` runs: what is asked is whether a packet gets there.
 *
 * @throws Error when nobody can
 */
export async function whileListening(
  lab: Lab,
  { host, address }: Receiver,
  { protocol, port }: PortProbe,
  body: () => Promise<void>,
): Promise<void> {
  const command = [process.execPath, "-e", PROGRAM, protocol, address, String(port), DATAGRAM.reply];
  const child = lab.spawn(host, command, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const closed = once(child, "close");
  const isReady = await Promise.race([
    new Promise<boolean>((resolve) =>
      child.stdout?.once("data", () => {
        resolve(true);
      }),
    ),
    closed.then(() => false),
  ]);
  if (!isReady) {
    const where = `${protocol} port ${String(port)} of ${host} (${address})`;
    throw new Error(`trace: somebody must listen on ${where}, got ${said.trim() || "no server"}; free it`);
  }
  try {
    await body();
  } finally {
    child.stdin?.end();
    await closed;
  }
}
