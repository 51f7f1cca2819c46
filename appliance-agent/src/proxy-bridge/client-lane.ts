import { Agent, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Requests that wait for earlier answers; more stay in the kernel, except for those that were read together. */
const MAX_WAITING = 16;

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
  constructor(
    private readonly client: Socket,
    open: () => Promise<Socket>,
  ) {
    this.agent = new LaneAgent(open);
    /* Node's server resumes the connection after every request. */
    client.on("resume", () => this.holdBack());
    client.once("close", () => {
      this.waiting.length = 0;
      this.agent.destroy();
    });
  }

  /** Whether no request is on its way. */
  get idle(): boolean {
    return !this.busy;
  }

  /** Has `answer` see to `response` once those before it have been sent; never, when one of them ends the connection. */
  enter(response: ServerResponse, answer: () => void): void {
    response.once("close", () => {
      this.busy = false;
      /* RFC 9112 §9.6: no further request is processed after the answer that says "close". */
      if (!response.shouldKeepAlive) this.waiting.length = 0;
      this.proceed();
    });
    this.waiting.push(answer);
    this.proceed();
    this.holdBack();
  }

  private get full(): boolean {
    return this.waiting.length >= MAX_WAITING;
  }

  private holdBack(): void {
    if (this.full) this.client.pause();
  }

  private proceed(): void {
    if (this.busy) return;
    const wasFull = this.full;
    const next = this.waiting.shift();
    this.busy = next !== undefined;
    if (wasFull && !this.full) this.client.resume();
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
