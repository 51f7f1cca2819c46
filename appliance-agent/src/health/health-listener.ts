import type { Log } from "../log";
import { openHealthServer, type HealthServer, type HealthView } from "./health-server";

/** Between two attempts to have a port that another process holds. */
const RETRY_MS = 1000;

/** Keeps a health server on the port that is wanted now. */
export class HealthListener {
  private wanted: number | undefined;
  private server: HealthServer | undefined;
  private retry: NodeJS.Timeout | undefined;
  private moving: Promise<void> = Promise.resolve();

  constructor(
    private readonly view: HealthView,
    private readonly log: Log,
  ) {}

  /** Listens on `port` from now on, and tries again while another process holds it. */
  listen(port: number): void {
    if (this.wanted === port) return;
    this.wanted = port;
    this.moving = this.moving.then(() => this.move(port));
  }

  /** Stops listening. */
  async close(): Promise<void> {
    this.wanted = undefined;
    clearTimeout(this.retry);
    await this.moving;
    await this.server?.close();
  }

  private async move(port: number): Promise<void> {
    if (this.wanted !== port) return;
    clearTimeout(this.retry);
    await this.server?.close();
    this.server = undefined;
    try {
      this.server = await openHealthServer(this.view, { port });
      this.log.info({ port }, "health server listens");
    } catch (error) {
      this.log.error({ port, err: error }, "health server cannot listen; trying again");
      this.retry = setTimeout(() => (this.moving = this.moving.then(() => this.move(port))), RETRY_MS);
    }
  }
}
