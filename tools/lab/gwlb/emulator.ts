import { execFileSync } from "node:child_process";
import { join } from "node:path";
import koffi from "koffi";
import { checked } from "../../../appliance-agent/src/datapath/bpf-error";
import { libbpf, type Opaque } from "../../../appliance-agent/src/datapath/libbpf";
import type { Attributes, EmulatorConfiguration } from "./emulator-configuration";
import {
  decodeFlow,
  type EmulatedFlow,
  encodeBalancer,
  encodeEndpoint,
  encodeTargets,
  FLOW_KEY_LENGTH,
  FLOW_LENGTH,
  type TargetState,
} from "./emulator-maps";
import { probeTarget } from "./probe-target";
import { REFUSALS, type Refusal } from "./refusals";
import { afterCheck, INITIAL } from "./target-health";

/** One refused packet. */
export interface RefusedPacket {
  readonly reason: Refusal;
  /** Bytes of the frame. */
  readonly length: number;
  /** The frame's first 128 bytes. */
  readonly start: Uint8Array;
}

/** What the emulator tells as it happens. */
export interface EmulatorListener {
  readonly onHealth: (target: TargetState) => void;
  readonly onRefused: (packet: RefusedPacket) => void;
}

/** The load balancer at one moment. */
export interface EmulatorReport {
  readonly targets: readonly TargetState[];
  /** Refused packets by reason. */
  readonly refusals: Readonly<Record<Refusal, number>>;
  readonly flows: readonly EmulatedFlow[];
}

const RECORD = { reason: 0, length: 8, start: 12, size: 140 } as const;
const MILLISECONDS_BETWEEN_LOOKS = 100;

/** Between the checks of a target that has never been healthy, so that a lab is soon as it will be. */
const FIRST_INTERVAL_SECONDS = 1;

/** The load balancer's programs, loaded and attached in the network namespace of this process. */
export class Emulator {
  private readonly object: Opaque;
  private targets: readonly TargetState[];
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly hasBeenHealthy = new Set<string>();
  private readonly ring: Opaque;
  private readonly callback: unknown;

  /**
   * @param objectFile compiled emulator.bpf.c
   * @param pins an empty directory on a BPF file system: tc(8) takes programs from there
   */
  constructor(
    private configuration: EmulatorConfiguration,
    objectFile: string,
    pins: string,
    private readonly listener: EmulatorListener,
  ) {
    const opened = libbpf().bpf_object__open_file(objectFile, null);
    if (!opened) throw new Error(`lab: cannot open ${objectFile}; run npm run build:ebpf`);
    this.object = opened;
    checked("lab", `load ${objectFile}`, libbpf().bpf_object__load(opened));
    this.targets = configuration.targets.map((target) => ({ ...target, registered: false, health: INITIAL }));
    this.writeConfiguration();
    const fromVpc = this.pin("from_vpc", pins);
    const fromTarget = this.pin("from_target", pins);
    for (const { interface: name } of configuration.endpoints) attach(name, fromVpc);
    for (const { interface: name } of configuration.nodes) attach(name, fromTarget);
    [this.ring, this.callback] = this.openRing();
    this.timers.add(setInterval(() => libbpf().ring_buffer__consume(this.ring), MILLISECONDS_BETWEEN_LOOKS));
    this.checkTargets();
  }

  /** Registers a target, which none is at the start, or deregisters it. Its health checks begin anew. */
  register(name: string, registered: boolean): void {
    this.targets = this.targets.map((target) =>
      target.name === name ? { ...target, registered, health: INITIAL } : target,
    );
    this.writeTargets();
  }

  /** Changes attributes; flows that run go on under the new ones. */
  modify(attributes: Attributes): void {
    this.configuration = { ...this.configuration, ...attributes };
    this.writeBalancer();
  }

  /** Everything as it is now. */
  report(): EmulatorReport {
    return { targets: this.targets, refusals: this.readRefusals(), flows: this.readFlows() };
  }

  /** How many packets were refused, by reason. */
  private readRefusals(): Record<Refusal, number> {
    const value = Buffer.alloc(8 * libbpf().libbpf_num_possible_cpus());
    const counts = REFUSALS.map((reason, index): [Refusal, number] => {
      checked("lab", "read refusals", libbpf().bpf_map_lookup_elem(this.map("refusals"), u32(index), value));
      let sum = 0n;
      for (let at = 0; at < value.length; at += 8) sum += value.readBigUInt64LE(at);
      return [reason, Number(sum)];
    });
    return Object.fromEntries(counts) as Record<Refusal, number>;
  }

  /** Every flow, at most `limit`. */
  private readFlows(limit = 1000): readonly EmulatedFlow[] {
    const flows: EmulatedFlow[] = [];
    const fd = this.map("flows");
    let key: Buffer | null = null;
    while (flows.length < limit) {
      const next = Buffer.alloc(FLOW_KEY_LENGTH);
      if (libbpf().bpf_map_get_next_key(fd, key, next) < 0) return flows;
      const value = Buffer.alloc(FLOW_LENGTH);
      if (libbpf().bpf_map_lookup_elem(fd, next, value) === 0) flows.push(decodeFlow(next, value));
      key = next;
    }
    return flows;
  }

  /** Stops checking and listening; the programs go with the interfaces. */
  close(): void {
    this.timers.forEach(clearInterval);
    libbpf().ring_buffer__consume(this.ring);
    libbpf().ring_buffer__free(this.ring);
    koffi.unregister(this.callback as Parameters<typeof koffi.unregister>[0]);
    libbpf().bpf_object__close(this.object);
  }

  private writeConfiguration(): void {
    const { endpoints, nodes } = this.configuration;
    this.writeBalancer();
    this.writeTargets();
    for (const endpoint of endpoints) {
      const zone = nodes.findIndex((node) => node.zone === endpoint.zone);
      const node = nodes[zone];
      if (!node) {
        throw new Error(
          `lab: endpoint ${endpoint.interface} is in zone '${endpoint.zone}', which the load balancer is not in; add the zone to it`,
        );
      }
      const value = encodeEndpoint(endpoint, zone, { index: indexOf(node.interface), address: node.address });
      this.update("endpoints", u32(indexOf(endpoint.interface)), value);
    }
  }

  private writeBalancer(): void {
    this.update("balancer", u32(0), encodeBalancer(this.configuration));
  }

  private writeTargets(): void {
    this.configuration.nodes.forEach(({ zone }, index) => {
      const mine = this.targets.filter((target) => this.configuration.crossZone || target.zone === zone);
      this.update("zones", u32(index), encodeTargets(mine));
    });
  }

  private checkTargets(): void {
    for (const { name } of this.targets) {
      const repeat = (): void => {
        void this.checkTarget(name);
        const { intervalSeconds } = this.configuration.healthCheck;
        const seconds = this.hasBeenHealthy.has(name)
          ? intervalSeconds
          : Math.min(FIRST_INTERVAL_SECONDS, intervalSeconds);
        const timer = setTimeout(() => {
          this.timers.delete(timer);
          repeat();
        }, seconds * 1000);
        this.timers.add(timer);
      };
      repeat();
    }
  }

  private async checkTarget(name: string): Promise<void> {
    const { healthCheck, nodes } = this.configuration;
    const find = (): TargetState | undefined => this.targets.find((one) => one.name === name && one.registered);
    const target = find();
    if (!target) return;
    const node = nodes.find(({ zone }) => zone === target.zone) ?? nodes[0];
    const passed = await probeTarget(healthCheck, target.address, node?.address ?? "");
    const before = find();
    if (!before) return;
    const after = { ...before, health: afterCheck(before.health, passed, healthCheck) };
    this.targets = this.targets.map((one) => (one.name === name ? after : one));
    if (after.health.state === "healthy") this.hasBeenHealthy.add(name);
    if (after.health.state === before.health.state) return;
    this.writeTargets();
    this.listener.onHealth(after);
  }

  private openRing(): [Opaque, unknown] {
    const prototype = koffi.proto("int (void *context, void *data, size_t size)");
    const callback = koffi.register((_context: unknown, data: unknown) => {
      const record = Buffer.from(koffi.decode(data, koffi.array("uint8_t", RECORD.size, "Typed")) as Uint8Array);
      const length = record.readUInt32LE(RECORD.length);
      this.listener.onRefused({
        reason: REFUSALS[record.readUInt32LE(RECORD.reason)] ?? "kernel",
        length,
        start: record.subarray(RECORD.start, RECORD.start + Math.min(length, RECORD.size - RECORD.start)),
      });
      return 0;
    }, koffi.pointer(prototype));
    const ring = libbpf().ring_buffer__new(this.map("refused"), callback, null, null);
    if (!ring) throw new Error("lab: cannot open the ring buffer of refused packets; is another lab out of memory?");
    return [ring, callback];
  }

  private pin(program: string, directory: string): string {
    const found = libbpf().bpf_object__find_program_by_name(this.object, program);
    if (!found) throw new Error(`lab: the object has no program '${program}'; run npm run build:ebpf`);
    const path = join(directory, program);
    checked("lab", `pin ${path}`, libbpf().bpf_obj_pin(libbpf().bpf_program__fd(found), path));
    return path;
  }

  private map(name: string): number {
    const found = libbpf().bpf_object__find_map_by_name(this.object, name);
    if (!found) throw new Error(`lab: the object has no map '${name}'; run npm run build:ebpf`);
    return libbpf().bpf_map__fd(found);
  }

  private update(map: string, key: Uint8Array, value: Uint8Array): void {
    checked("lab", `write ${map}`, libbpf().bpf_map_update_elem(this.map(map), key, value, 0));
  }
}

function attach(name: string, pinned: string): void {
  execFileSync("tc", ["qdisc", "replace", "dev", name, "clsact"]);
  execFileSync("tc", ["filter", "replace", "dev", name, "ingress", "prio", "1", "bpf", "da", "pinned", pinned]);
}

function indexOf(name: string): number {
  const [link] = JSON.parse(execFileSync("ip", ["-j", "link", "show", "dev", name], { encoding: "utf8" })) as {
    ifindex: number;
  }[];
  return link?.ifindex ?? 0;
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
