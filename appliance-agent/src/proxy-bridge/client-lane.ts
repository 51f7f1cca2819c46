import { Agent, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * One client connection's way to Squid: one connection of its own, one request at a time.
 *
 * Squid is told the client once a connection, so none may be shared; and pipelined requests keep their order
 * (RFC 9112 §9.3.2).
 */
export class ClientLane {
  readonly agent: Agent;
  private readonly waiting: (() => void)[] = [];
  private busy = false;

  /** @param open a new connection to Squid in the client's name */
  constructor(client: Socket, open: () => Promise<Socket>) {
    this.agent = new LaneAgent(open);
    client.once("close", () => {
      this.waiting.length = 0;
      this.agent.destroy();
    });
  }

  /** Whether no request is on its way. */
  get idle(): boolean {
    return !this.busy;
  }

  /** Starts `forward` once the answers before `response` have been sent. */
  enter(response: ServerResponse, forward: () => void): void {
    response.once("close", () => {
      this.busy = false;
      this.proceed();
    });
    this.waiting.push(forward);
    this.proceed();
  }

  private proceed(): void {
    if (this.busy) return;
    const next = this.waiting.shift();
    this.busy = next !== undefined;
    next?.();
  }
}

class LaneAgent extends Agent {
  constructor(private readonly open: () => Promise<Socket>) {
    super({ keepAlive: true, maxSockets: 1 });
  }

  override createConnection(_options: unknown, opened?: (error: Error | null, socket: Duplex) => void): undefined {
    this.open().then(
      (socket) => opened?.(null, socket),
      (error: Error) => opened?.(error, undefined as never),
    );
  }
}
