import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { encodeProxyHeader, plainAddress } from "./proxy-protocol";

/** Squid's port that requires the PROXY protocol. */
export interface SquidAddress {
  readonly address: string;
  readonly port: number;
}

/** Squid's port is closed for a moment when it reads its lists anew, and for some seconds when it is restarted. */
const RESTART_MS = 3000;

/** Between two attempts while the port is closed. */
const RETRY_MS = 50;

/**
 * How often something is asked that Squid cannot have done: when it reads its lists anew, it closes its port for a moment
 * and the kernel resets the connections that it has not taken yet.
 */
export const SQUID_ATTEMPTS = 3;

/** Whether a connection to Squid was reset. */
export function isReset(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ECONNRESET" || code === "EPIPE";
}

/**
 * Connects to Squid in a client's name; the PROXY header has been written when it returns.
 *
 * @param client the client's connection; nothing is tried once it is closed
 * @param connectMs for all attempts
 * @throws Error of the last attempt
 */
export async function connectToSquid(squid: SquidAddress, client: Socket, connectMs: number): Promise<Socket> {
  const header = encodeProxyHeader(
    { address: plainAddress(client.remoteAddress), port: client.remotePort ?? 0 },
    { address: plainAddress(client.localAddress), port: client.localPort ?? 0 },
  );
  const started = performance.now();
  for (;;) {
    try {
      const socket = await attempt(squid, connectMs - (performance.now() - started));
      socket.write(header, "latin1");
      return socket;
    } catch (error) {
      /* A reset: the port was closed when the connection was made, and Squid had not taken it. */
      const closed = (error as NodeJS.ErrnoException).code === "ECONNREFUSED" || isReset(error);
      const spent = performance.now() - started;
      if (!closed || client.destroyed || spent > Math.min(RESTART_MS, connectMs)) throw error;
      await pause(RETRY_MS);
    }
  }
}

function attempt({ address, port }: SquidAddress, milliseconds: number): Promise<Socket> {
  return new Promise((connected, fail) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    const late = setTimeout(() => socket.destroy(new Error("no connection in time")), Math.max(1, milliseconds));
    socket.once("error", fail).once("close", () => clearTimeout(late));
    socket.once("connect", () => {
      clearTimeout(late);
      socket.off("error", fail);
      connected(socket);
    });
  });
}
