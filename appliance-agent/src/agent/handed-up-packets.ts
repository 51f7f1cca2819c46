import type { DataPath, HandedUpPacket } from "../datapath/data-path";
import type { Log } from "../log";

/** Packets kept in all: what a load balancer sends in the half second that devices and a create hook may take. */
const MOST = 4096;

/** Packets of endpoints whose devices are still being made; the first packet of an endpoint is not lost. */
export class HandedUpPackets {
  private kept: HandedUpPacket[] = [];
  private readonly released = new Set<string>();

  constructor(private readonly log: Log) {}

  /** Keeps a packet until its endpoint is let through; one that was on its way meanwhile goes through at once. */
  take(packet: HandedUpPacket, dataPath: DataPath): void {
    if (this.released.has(packet.endpoint)) dataPath.inject(packet);
    else if (this.kept.length < MOST) this.kept.push(packet);
    else this.log.warn({ endpoint: packet.endpoint }, "packet of a new endpoint dropped: too many are waiting");
  }

  /** Gives an endpoint's packets to the kernel, in their order. */
  release(endpoint: string, dataPath: DataPath): void {
    this.released.add(endpoint);
    const waiting = this.kept.filter((packet) => packet.endpoint === endpoint);
    this.kept = this.kept.filter((packet) => packet.endpoint !== endpoint);
    waiting.forEach((packet) => dataPath.inject(packet));
  }
}
