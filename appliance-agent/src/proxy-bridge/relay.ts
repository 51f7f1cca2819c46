import type { Socket } from "node:net";

/**
 * Copies bytes both ways until both ends have finished; one end may finish before the other (TCP half-close).
 *
 * Back-pressure is `pipe`'s: no more than the sockets' high-water marks is held for a reader that does not read.
 *
 * @param idleMs without a byte either way, after which both are reset
 */
export function relay(client: Socket, upstream: Socket, idleMs: number): void {
  endTogether(client, upstream, idleMs);
  endTogether(upstream, client, idleMs);
  client.pipe(upstream);
  upstream.pipe(client);
}

function endTogether(socket: Socket, peer: Socket, idleMs: number): void {
  socket.setTimeout(idleMs, () => socket.resetAndDestroy());
  socket.on("error", () => undefined /* "close" follows */);
  socket.once("close", () => {
    /* A reader that got everything learns of it by the peer's own end; one that did not must not take it for the end. */
    if (!socket.readableEnded || socket.errored) peer.resetAndDestroy();
  });
}
