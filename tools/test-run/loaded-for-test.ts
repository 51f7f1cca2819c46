import { join } from "node:path";
import { LoadedProgram, loadProgram } from "../../appliance-agent/src/datapath/bpf-object";
import { uint32 } from "../../appliance-agent/src/datapath/bpf-map";
import { probeIpv6Decap } from "../../appliance-agent/src/datapath/ipv6-decap-probe";
import { KernelDataPath } from "../../appliance-agent/src/datapath/kernel-data-path";
import { encodeSettings } from "../../appliance-agent/src/datapath/settings";
import { TestRun } from "../../appliance-agent/src/datapath/test-run";
import { DropReason } from "../../appliance-agent/src/drop-reason";
import { encodeEthernet, ETHERTYPE } from "../../appliance-agent/src/codec/ethernet";
import { concatBytes } from "../../appliance-agent/src/codec/byte-view";
import { GwlbPacketFields, encapsulateGwlb } from "../../appliance-agent/src/codec/gwlb-packet";
import { compileRules } from "../../appliance-agent/src/rules/compile-rules";
import { Rule } from "../../appliance-agent/src/rules/rule";
import { Namespaces } from "../netns/namespaces";

/** The address of the interface that GENEVE arrives at, in packets of the tests. */
export const OWN_MAC = Uint8Array.from([2, 0, 0, 0, 0, 2]);
/** The address of the router in front of it. */
export const GWLB_MAC = Uint8Array.from([2, 0, 0, 0, 0, 1]);
/** Outer addresses of the tests' packets; the source is trusted. */
export const OUTER = { source: "10.2.0.10", destination: "10.2.0.20", sourcePort: 50_000 };
/** What GWLB says of the tests' packets. */
export const GWLB = {
  endpointId: 0x0123_4567_89ab_cdefn,
  attachmentId: 0x1122_3344_5566_7788n,
  flowCookie: 0x99aa_bbcc,
};
/** `GWLB.endpointId` as rules write it. */
export const ENDPOINT = "0123456789abcdef";

/** Flows that routed mode remembers in tests. */
const MAX_FLOWS = 4096;

/** Directory of the committed objects. */
export const OBJECTS = join(__dirname, "../../appliance-agent/ebpf");

/** The programs that are attached to the underlay interface. */
export const INBOUND = {
  "hairpin at tc": { object: "hairpin", program: "hairpin", mode: "hairpin", hook: "tc" },
  "hairpin at XDP": { object: "hairpin-xdp", program: "hairpin_xdp", mode: "hairpin", hook: "xdp" },
  decap: { object: "decap", program: "decap", mode: "routed", hook: "tc" },
} as const;

/** A name from `INBOUND`. */
export type InboundName = keyof typeof INBOUND;

/** TC_ACT_* and XDP_* that the programs return, as what becomes of the packet. */
const VERDICTS = {
  tc: { [-1]: "pass", 2: "drop", 7: "send" },
  xdp: { 1: "drop", 2: "pass", 3: "send" },
} as const;

/** `send`: sent back (hairpin), or redirected to gwi-X (decap). */
export type Fate = "pass" | "drop" | "send";

/** What became of one packet. */
export interface Outcome {
  readonly verdict: Fate;
  /** Exactly one counter grew by one. @default - the packet was not dropped */
  readonly drop?: DropReason;
  /** As the program left it; a view. */
  readonly packet: Uint8Array;
}

/** A program that is loaded with maps of its own and attached nowhere. */
export class LoadedForTest {
  readonly dataPath: KernelDataPath;
  private readonly inbound: LoadedProgram;
  private readonly testRun: TestRun;
  private readonly verdicts: Readonly<Partial<Record<number, Fate>>>;
  private devicesGeneration = 0;

  constructor(namespaces: Namespaces, name: InboundName, objects = OBJECTS) {
    const { object, program, mode, hook } = INBOUND[name];
    const pinDirectory = join(namespaces.bpffs, `${object}-${Math.random().toString(36).slice(2)}`);
    this.inbound = loadProgram({
      path: join(objects, `${object}.bpf.o`),
      program,
      mapDirectory: join(pinDirectory, "maps"),
      maxEntries: { flows: MAX_FLOWS },
    });
    const options = {
      mode,
      hook,
      underlayInterface: "lo",
      objectDirectory: objects,
      pinDirectory,
      maxFlows: MAX_FLOWS,
    };
    const ipv6Decap = mode === "routed" ? probeIpv6Decap(OBJECTS) : "flag";
    this.dataPath = new KernelDataPath(options, this.inbound.maps, { inbound: this.inbound, ipv6Decap });
    this.inbound.maps.get("settings")?.update(
      uint32(0),
      encodeSettings({
        mac: OWN_MAC,
        ipv6DecapByProtocolChange: ipv6Decap === "change-proto",
        underlay: 1,
        attachment: undefined,
        objectSha256: "",
      }),
    );
    if (mode === "routed") this.admit(GWLB.endpointId);
    this.dataPath.writeSources(["10.2.0.0/24"]);
    this.testRun = new TestRun(this.inbound.fd);
    this.verdicts = VERDICTS[hook];
  }

  /** Decap: packets of this endpoint go to a device (loopback) instead of up to the agent. */
  admit(endpoint: bigint): void {
    const key = Buffer.alloc(8);
    key.writeBigUInt64LE(endpoint);
    this.inbound.maps.get("endpoint_devices")?.update(key, Buffer.concat([uint32(1), uint32(1), uint32(0)]));
    this.raiseDevicesGeneration();
  }

  /** The programs look their devices up again, as after a change by the agent. */
  raiseDevicesGeneration(): void {
    this.inbound.maps.get("devices_generation")?.update(uint32(0), uint32(++this.devicesGeneration));
  }

  setRules(rules: readonly Rule[], defaultAction: Rule["action"] = "forward"): void {
    this.dataPath.writeRules(compileRules({ rules, defaultAction }));
  }

  /** The verdict alone: cheap enough for hundreds of thousands. */
  verdict(frame: Uint8Array): Fate {
    const { verdict } = this.testRun.run(frame);
    const fate = this.verdicts[verdict];
    if (fate === undefined) throw new Error(`program: unexpected verdict, got ${verdict}; see VERDICTS`);
    return fate;
  }

  /** The packet after the last `verdict`, and nanoseconds of a run, the mean of `repeat`. */
  run(frame: Uint8Array, repeat = 1) {
    return this.testRun.run(frame, repeat);
  }

  /** The packet as the last `verdict` left it; a view. */
  lastPacket(): Buffer {
    return this.testRun.lastPacket();
  }

  /** @throws Error unless exactly one counter grew, by one */
  outcome(frame: Uint8Array): Outcome {
    const before = this.counters();
    const verdict = this.verdict(frame);
    const packet = this.testRun.lastPacket();
    const grown = [...this.counters()].filter(([name, count]) => count !== before.get(name));
    const [counted] = grown;
    if (grown.length !== 1 || counted?.[1] !== (before.get(counted?.[0] ?? "") ?? 0n) + 1n)
      throw new Error(`counters: not exactly one grew by one, got ${grown.map(String).join("; ") || "none"}`);
    return { verdict, packet, ...(verdict === "drop" ? { drop: counted[0] as DropReason } : {}) };
  }

  /** Packets by their fate; each packet is counted once in them. */
  counters(): Map<string, bigint> {
    return new Map([
      ...Object.entries(this.dataPath.readPacketCounters()),
      ...Object.entries(this.dataPath.readDropCounters()),
    ]);
  }

  close(): void {
    this.dataPath.close();
  }
}

/** A frame from GWLB. @param inner an IPv4 or IPv6 packet */
export function gwlbFrame(
  inner: Uint8Array,
  fields: GwlbPacketFields = {},
  outer: Partial<typeof OUTER> = {},
): Uint8Array {
  return frame(encapsulateGwlb({ ...OUTER, ...outer, gwlb: GWLB, inner }, fields));
}

/** An IPv4 packet in a frame to the interface under test. */
export function frame(ipv4: Uint8Array, etherType: number = ETHERTYPE.ipv4): Uint8Array {
  return concatBytes(encodeEthernet({ destination: OWN_MAC, source: GWLB_MAC, etherType }), ipv4);
}
