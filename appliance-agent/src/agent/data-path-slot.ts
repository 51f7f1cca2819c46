import type { DataPath, DataPathOptions, EndpointDevices } from "../datapath/data-path";
import type { Log } from "../log";
import { HandedUpPackets } from "./handed-up-packets";

/** How data paths are opened; a test has its own. */
export interface DataPathOpener {
  readonly openDataPath: (options: DataPathOptions) => DataPath;
  /** What an earlier agent, or this one in another mode, has left. */
  readonly openPinnedDataPath: (pinDirectory: string) => DataPath | undefined;
}

/** The one data path that is open; another mode, hook, interface or flow table size needs other programs and maps. */
export class DataPathSlot {
  private opened: DataPath | undefined;
  private packets: HandedUpPackets;
  private unsubscribe: (() => void)[] = [];
  /** In routed mode, and a hairpin takes its place: its devices go when the other is attached. */
  private superseded: DataPath | undefined;

  /** @param newEndpoint called when an endpoint sends its first packet */
  constructor(
    private readonly opener: DataPathOpener,
    private readonly log: Log,
    private readonly newEndpoint: () => void,
  ) {
    this.packets = new HandedUpPackets(log);
  }

  /** The data path, once it is open. */
  get dataPath(): DataPath | undefined {
    return this.opened;
  }

  /** Packets of endpoints that have no devices yet. */
  get handedUp(): HandedUpPackets {
    return this.packets;
  }

  /** Opens the data path, unless it is the one that is open. What is attached stays attached. */
  open(wanted: DataPathOptions): DataPath {
    if (this.opened && sameOptions(this.opened.options, wanted)) return this.opened;
    this.close();
    const { mode, hook, underlayInterface, maxFlows } = wanted;
    this.log.info({ mode, hook, underlayInterface, maxFlows }, "opening the data path");
    this.supersede(wanted);
    const dataPath = this.opener.openDataPath(wanted);
    this.opened = dataPath;
    this.unsubscribe = [
      dataPath.onNewEndpoint(() => this.newEndpoint()),
      dataPath.onHandedUpPacket((packet) => this.packets.take(packet, dataPath)),
    ];
    return dataPath;
  }

  /**
   * Removes the devices of a data path whose place another one has taken.
   *
   * @param beforeEach called before the devices of an endpoint go
   */
  async removeSuperseded(beforeEach: (devices: EndpointDevices) => Promise<void>): Promise<void> {
    const left = this.superseded;
    if (left === undefined) return;
    this.superseded = undefined;
    for (const devices of left.observe().endpoints) {
      await beforeEach(devices);
      left.removeEndpoint(devices.endpoint);
      this.log.info({ endpoint: devices.endpoint }, "devices removed: the mode has changed to hairpin");
    }
    left.close();
  }

  /** Gives the data path up; what is attached stays attached. */
  close(): void {
    this.unsubscribe.forEach((stop) => stop());
    this.unsubscribe = [];
    if (this.opened) this.packets.giveUp(this.opened);
    this.opened?.close();
    this.opened = undefined;
    this.packets = new HandedUpPackets(this.log);
  }

  private supersede({ mode, pinDirectory }: DataPathOptions): void {
    this.superseded?.close();
    const before = this.opener.openPinnedDataPath(pinDirectory);
    const hasDevices = before?.options.mode === "routed" && mode === "hairpin";
    if (!hasDevices) before?.close();
    this.superseded = hasDevices ? before : undefined;
  }
}

function sameOptions(left: DataPathOptions, right: DataPathOptions): boolean {
  return (Object.keys(right) as (keyof DataPathOptions)[]).every((key) => left[key] === right[key]);
}
