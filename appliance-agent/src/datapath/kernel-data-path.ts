import { rmSync } from "node:fs";
import { join } from "node:path";
import { AgentDropReason, DropReason } from "../drop-reason";
import type { RuleTable } from "../rules/rule-table";
import type { LoadedProgram } from "./bpf-object";
import { BpfMap, uint32 } from "./bpf-map";
import type {
  DataPath,
  DataPathOptions,
  EndpointCounters,
  EndpointDevices,
  Flow,
  FlowFilter,
  FlowTableCounters,
  HandedUpPacket,
  Observation,
  PacketCounters,
} from "./data-path";
import { decodeEndpointCounters } from "./endpoint-entry";
import { EventReader } from "./events";
import { FlowTable } from "./flow-table";
import { InnerMaps, innerMapDirectory } from "./inner-maps";
import { findInterface, requireInterface } from "./interface";
import { addDropped, readDropCounters, readPacketCounters } from "./packet-counters";
import { RoutedEndpoints } from "./routed-endpoints";
import { RULE_MAPS, RuleHits, RuleMapName, RuleMaps } from "./rule-maps";
import { Settings, attachmentOf, decodeSettings, encodeSettings } from "./settings";
import { decodeSourceCidr, encodeSourceCidr } from "./source-cidrs";
import { UnderlayAttachment } from "./underlay-attachment";

/** The programs of a mode; a data path that is only read has none. */
export interface Programs {
  /** At the underlay interface: hairpin or decap. */
  readonly inbound: LoadedProgram;
  /** Routed mode: at the TUN devices. */
  readonly encap?: LoadedProgram;
  readonly ipv6Decap: Observation["ipv6Decap"];
}

/** The data path of one interface; see `DataPath` for what each member does. */
export class KernelDataPath implements DataPath {
  private readonly rules: RuleMaps;
  private readonly underlay: UnderlayAttachment;
  private readonly routed: RoutedEndpoints | undefined;
  private readonly flows: FlowTable | undefined;
  private readonly endpointListeners = new Set<(endpoint: string) => void>();
  private readonly packetListeners = new Set<(packet: HandedUpPacket) => void>();
  private reader: EventReader | undefined;
  private closed = false;
  private replacedGivenUp = false;

  constructor(
    readonly options: DataPathOptions,
    private readonly maps: ReadonlyMap<string, BpfMap>,
    private readonly programs?: Programs,
  ) {
    this.rules = new RuleMaps(
      Object.fromEntries(RULE_MAPS.map((name) => [name, this.map(name)])) as Record<RuleMapName, BpfMap>,
      new InnerMaps(innerMapDirectory(join(options.pinDirectory, "maps"))),
    );
    this.underlay = new UnderlayAttachment(options.pinDirectory);
    if (options.mode === "routed") {
      const { pinDirectory } = options;
      this.routed = new RoutedEndpoints(
        this.map("endpoint_devices"),
        this.map("device_endpoints"),
        this.maps.get("devices_generation"),
        pinDirectory,
      );
      this.flows = new FlowTable(this.map("flows"), this.map("long_options"), this.map("packets"));
      if (programs?.encap) this.routed.hold();
    }
  }

  writeSources(cidrs: readonly string[]): void {
    const map = this.map("source_cidrs");
    const wanted = cidrs.map(encodeSourceCidr);
    for (const key of wanted) map.update(key, uint32(1));
    for (const { key } of [...map.entries()]) if (!wanted.some((other) => other.equals(key))) map.delete(key);
  }

  writeRules(table: RuleTable): void {
    this.rules.write(table);
  }

  attach(): void {
    const { inbound, encap, ipv6Decap } = this.requirePrograms();
    const { index, mac } = requireInterface(this.options.underlayInterface);
    const before = this.settings();
    const attachment = attachmentOf(this.options);
    const settings = { ...before, mac, underlay: index, ipv6DecapByProtocolChange: ipv6Decap === "change-proto" };
    this.writeSettings(settings);
    const since = monotonicSeconds();
    for (const { replaced } of this.loaded()) replaced.copyPackets();
    this.underlay.attach(attachment, index, inbound.fd, before.underlay);
    if (encap) this.routed?.replaceEncap(encap.fd);
    this.giveUpReplaced(since);
    this.writeSettings({ ...settings, attachment, objectSha256: inbound.objectSha256 });
  }

  readDropCounters(): Record<DropReason, bigint> {
    return readDropCounters(this.map("drops"));
  }

  countDropped(reason: AgentDropReason, packets: number): void {
    addDropped(this.map("drops"), reason, packets);
  }

  readPacketCounters(): PacketCounters {
    const { passed, returned, decapsulated, handedUp, encapsulated } = readPacketCounters(this.map("packets"));
    return { passed, returned, decapsulated, handedUp, encapsulated };
  }

  readEndpoints(): EndpointCounters[] {
    const now = process.hrtime.bigint();
    const direct = this.maps.get("direct_endpoints")?.entries() ?? []; // pins of an earlier version have none
    return decodeEndpointCounters(this.map("endpoints").entries(), direct, now);
  }

  readRuleHits(): RuleHits {
    return this.rules.hits();
  }

  readFlows(filter: FlowFilter = {}): Flow[] {
    return this.flows?.read(filter, monotonicSeconds()) ?? [];
  }

  readFlowTable(): FlowTableCounters {
    return this.flows?.counters() ?? { capacity: 0, live: 0, inserted: 0n, expired: 0n, evicted: 0n };
  }

  expireFlows(idleSeconds: number): number {
    return this.flows?.expire(idleSeconds, monotonicSeconds()) ?? 0;
  }

  makeDevices(endpoint: string): EndpointDevices {
    const { encap } = this.requirePrograms();
    if (!this.routed || !encap) throw notRouted("makeDevices");
    return this.routed.make(endpoint, encap.fd);
  }

  admitEndpoint(endpoint: string, mark: number): void {
    if (!this.routed) throw notRouted("admitEndpoint");
    this.routed.admit(endpoint, mark);
  }

  isAdmitted(endpoint: string): boolean {
    return this.routed?.isAdmitted(endpoint) ?? false;
  }

  removeEndpoint(endpoint: string): void {
    if (!this.routed) throw notRouted("removeEndpoint");
    this.routed.remove(endpoint);
  }

  onNewEndpoint(listener: (endpoint: string) => void): () => void {
    return this.listen(this.endpointListeners, listener);
  }

  onHandedUpPacket(listener: (packet: HandedUpPacket) => void): () => void {
    return this.listen(this.packetListeners, listener);
  }

  inject(packet: HandedUpPacket): void {
    if (!this.routed) throw notRouted("inject");
    this.routed.inject(packet);
  }

  observe(): Observation {
    const { mode, hook, underlayInterface } = this.options;
    const settings = this.settings();
    const { index, mtu } = findInterface(underlayInterface) ?? {};
    const program = index === undefined ? undefined : this.underlay.program(attachmentOf(this.options), index);
    const programId = program?.programId;
    const rules = this.rules.current();
    return {
      mode,
      hook,
      underlayInterface,
      underlayMtu: mtu,
      attached: programId !== undefined && (this.programs === undefined || programId === this.programs.inbound.id),
      attachedBy: program?.way,
      objectSha256: programId === undefined ? undefined : settings.objectSha256,
      programId,
      sources: [...this.map("source_cidrs").entries()].map(({ key }) => decodeSourceCidr(key)),
      rulesId: rules?.id,
      ruleCount: rules?.rules ?? 0,
      endpoints: this.routed?.observe() ?? [],
      ipv6Decap: settings.ipv6DecapByProtocolChange ? "change-proto" : "flag",
    };
  }

  unload(): void {
    const { underlay } = this.settings();
    for (const endpoint of this.routed?.known() ?? []) this.routed?.remove(endpoint);
    if (underlay !== 0) this.underlay.detach(underlay);
    rmSync(this.options.pinDirectory, { recursive: true, force: true });
    this.close();
  }

  close(): void {
    this.reader?.close();
    this.reader = undefined;
    this.routed?.close();
    if (this.closed) return;
    this.closed = true;
    if (this.programs && !this.replacedGivenUp) for (const { replaced } of this.loaded()) replaced.close();
    // The maps belong to the programs that came with them.
    this.programs?.inbound.close();
    this.programs?.encap?.close();
    if (!this.programs) for (const map of this.maps.values()) map.close();
  }

  private listen<T>(listeners: Set<T>, listener: T): () => void {
    listeners.add(listener);
    this.reader ??= new EventReader(this.map("events"), {
      newEndpoint: (endpoint) => {
        this.endpointListeners.forEach((listen) => listen(endpoint));
      },
      handedUp: (packet) => {
        this.packetListeners.forEach((listen) => listen(packet));
      },
    });
    return () => void listeners.delete(listener);
  }

  private loaded(): LoadedProgram[] {
    const { inbound, encap } = this.requirePrograms();
    return encap ? [inbound, encap] : [inbound];
  }

  /** Once. @param since CLOCK_MONOTONIC, seconds: flows that packets wrote to the old map from then on are missing in ours */
  private giveUpReplaced(since: number): void {
    if (this.replacedGivenUp) return;
    this.replacedGivenUp = true;
    for (const { replaced } of this.loaded()) {
      const flows = replaced.get("flows");
      if (flows) this.flows?.takeOver(flows, since);
      replaced.close();
    }
  }

  private settings(): Settings {
    const [bytes] = this.map("settings").lookup(uint32(0)) ?? [];
    return decodeSettings(bytes as Buffer);
  }

  private writeSettings(settings: Settings): void {
    this.map("settings").update(uint32(0), encodeSettings(settings));
  }

  private requirePrograms(): Programs {
    if (this.programs) return this.programs;
    throw new Error("data path: opened for reading only, got no programs; open it with openDataPath");
  }

  private map(name: string): BpfMap {
    const map = this.maps.get(name);
    if (!map) throw new Error(`data path: no such map, got ${name}; the pins are of another version: unload it first`);
    return map;
  }
}

function notRouted(what: string): Error {
  return new Error(`${what}: only in routed mode, got hairpin; set mode to routed`);
}

function monotonicSeconds(): number {
  return Number(process.hrtime.bigint() / 1_000_000_000n);
}
