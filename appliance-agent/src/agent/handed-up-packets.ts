import type { DataPath, HandedUpPacket } from "../datapath/data-path";
import type { AgentDropReason } from "../drop-reason";
import type { Log } from "../log";

/** Packets kept in all: what a load balancer sends in the half second that devices and a create hook may take. */
const MOST = 4096;

/** Packets kept of one endpoint: one whose devices cannot be made must not take the room of the others. */
const MOST_OF_ONE = 1024;

/** A packet that waited longer than a create hook may take is of no use to anybody: its sender has sent it again. */
const OLDEST_MS = 60_000;

/** Between two writes of the drop counters: a flood must not cost two system calls a packet. */
const COUNT_MS = 100;

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
  private readonly uncounted = new Map<AgentDropReason, number>();
  private countedAt = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly log: Log,
    private readonly now = () => performance.now(),
  ) {}

  /**
   * Keeps a packet until its endpoint is let through; one that was on its way meanwhile goes through at once. Never throws:
   * it is called from the ring buffer's reader.
   */
  take(packet: HandedUpPacket, dataPath: DataPath): void {
    this.forgetOld();
    const { endpoint } = packet;
    const count = this.counts.get(endpoint) ?? 0;
    if (count === 0 && dataPath.isAdmitted(endpoint)) this.inject(packet, dataPath);
    else if (this.kept.length >= MOST || count >= MOST_OF_ONE) this.drop("waiting_full");
    else {
      this.kept.push({ packet, at: this.now() });
      this.counts.set(endpoint, count + 1);
    }
    if (this.now() - this.countedAt >= COUNT_MS) this.count(dataPath);
  }

  /** Gives an endpoint's packets to the kernel, in their order. */
  release(endpoint: string, dataPath: DataPath): void {
    this.forgetOld();
    const waiting = this.kept.filter(({ packet }) => packet.endpoint === endpoint);
    this.kept = this.kept.filter(({ packet }) => packet.endpoint !== endpoint);
    this.counts.delete(endpoint);
    waiting.forEach(({ packet }) => this.inject(packet, dataPath));
    this.count(dataPath);
  }

  /** Writes what was dropped since the last time to the counters of the data path. */
  count(dataPath: DataPath): void {
    this.forgetOld();
    this.countedAt = this.now();
    if (this.uncounted.size === 0) return;
    this.log.warn(Object.fromEntries(this.uncounted), "packets of new endpoints dropped");
    try {
      for (const [reason, packets] of this.uncounted) dataPath.countDropped(reason, packets);
      this.uncounted.clear();
    } catch (error) {
      this.log.error({ err: error }, "cannot count dropped packets");
    }
  }

  /** Drops what still waits: nobody will release it. */
  giveUp(dataPath: DataPath): void {
    this.kept.forEach(() => this.drop("waiting_expired"));
    this.kept = [];
    this.counts.clear();
    this.count(dataPath);
  }

  private inject(packet: HandedUpPacket, dataPath: DataPath): void {
    try {
      dataPath.inject(packet);
    } catch (error) {
      this.drop("waiting_refused");
      this.log.warn({ endpoint: packet.endpoint, err: error }, "a device does not take a packet back");
    }
  }

  private drop(reason: AgentDropReason): void {
    this.uncounted.set(reason, (this.uncounted.get(reason) ?? 0) + 1);
  }

  private forgetOld(): void {
    const young = this.kept.findIndex(({ at }) => this.now() - at <= OLDEST_MS);
    for (const { packet } of this.kept.splice(0, young < 0 ? this.kept.length : young)) {
      const left = (this.counts.get(packet.endpoint) ?? 1) - 1;
      if (left > 0) this.counts.set(packet.endpoint, left);
      else this.counts.delete(packet.endpoint);
      this.drop("waiting_expired");
    }
  }
}
