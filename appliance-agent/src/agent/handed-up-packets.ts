import type { DataPath, HandedUpPacket } from "../datapath/data-path";
import type { Log } from "../log";

/** Packets kept in all: what a load balancer sends in the half second that devices and a create hook may take. */
const MOST = 4096;

/** Packets kept of one endpoint: one whose devices cannot be made must not take the room of the others. */
const MOST_OF_ONE = 1024;

/** A packet that waited longer than a create hook may take is of no use to anybody: its sender has sent it again. */
const OLDEST_MS = 60_000;

/** A packet, and when it came. */
interface KeptPacket {
  readonly packet: HandedUpPacket;
  readonly at: number;
}

/** Packets of endpoints whose devices are still being made; the first packet of an endpoint is not lost. */
export class HandedUpPackets {
  /** The oldest first. */
  private kept: KeptPacket[] = [];
  private readonly counts = new Map<string, number>();
  private readonly released = new Set<string>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly log: Log,
    private readonly now = () => performance.now(),
  ) {}

  /** Keeps a packet until its endpoint is let through; one that was on its way meanwhile goes through at once. */
  take(packet: HandedUpPacket, dataPath: DataPath): void {
    const { endpoint } = packet;
    if (this.released.has(endpoint)) return dataPath.inject(packet);
    this.forgetOld();
    const count = this.counts.get(endpoint) ?? 0;
    if (this.kept.length >= MOST || count >= MOST_OF_ONE)
      return this.log.warn({ endpoint }, "packet of a new endpoint dropped: too many are waiting");
    this.kept.push({ packet, at: this.now() });
    this.counts.set(endpoint, count + 1);
  }

  /** Gives an endpoint's packets to the kernel, in their order. */
  release(endpoint: string, dataPath: DataPath): void {
    this.released.add(endpoint);
    this.forgetOld();
    const waiting = this.kept.filter(({ packet }) => packet.endpoint === endpoint);
    this.kept = this.kept.filter(({ packet }) => packet.endpoint !== endpoint);
    this.counts.delete(endpoint);
    waiting.forEach(({ packet }) => dataPath.inject(packet));
  }

  private forgetOld(): void {
    const young = this.kept.findIndex(({ at }) => this.now() - at <= OLDEST_MS);
    for (const { packet } of this.kept.splice(0, young < 0 ? this.kept.length : young))
      this.counts.set(packet.endpoint, (this.counts.get(packet.endpoint) ?? 1) - 1);
  }
}
