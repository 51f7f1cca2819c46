import type { AgentDropReason, DropReason } from "../drop-reason";
import type { RuleTable } from "../rules/rule-table";

/** How and where the data path is loaded. */
export interface DataPathOptions {
  readonly mode: "hairpin" | "routed";
  /** Where the hairpin program is attached; routed mode always uses tc. */
  readonly hook: "tc" | "xdp";
  /** Interface on which GENEVE arrives, in the network namespace of this process. */
  readonly underlayInterface: string;
  /** Directory with the `*.bpf.o` files. */
  readonly objectDirectory: string;
  /** Directory on a mounted BPF file system; made when missing. Everything below it belongs to this agent. */
  readonly pinDirectory: string;
  /** Flows remembered in routed mode. */
  readonly maxFlows: number;
}

/** What became of the packets that were not dropped; packets since the maps were made, over all CPUs. */
export interface PacketCounters {
  /** Not GENEVE, left to the host. */
  readonly passed: bigint;
  /** Hairpin: sent back where they came from. */
  readonly returned: bigint;
  /** Routed: decapsulated and given to the kernel at gwi-X. */
  readonly decapsulated: bigint;
  /** Routed: handed to the agent because the endpoint had no devices yet. */
  readonly handedUp: bigint;
  /** Routed: encapsulated and sent to GWLB. */
  readonly encapsulated: bigint;
}

/** One GWLB endpoint that has sent packets. */
export interface EndpointCounters {
  /** 16 hexadecimal digits, as GENEVE option type 1 carries it. */
  readonly endpoint: string;
  readonly packets: bigint;
  /** Inner bytes. */
  readonly bytes: bigint;
  /** Milliseconds since the newest packet, to the kernel's coarse clock (4 ms). */
  readonly idleMilliseconds: number;
}

/** One remembered flow of routed mode; the two ends are in canonical order, not in the order client, server. */
export interface Flow {
  readonly endpoint: string;
  readonly family: "ipv4" | "ipv6";
  /** IANA protocol number. */
  readonly protocol: number;
  readonly lowAddress: string;
  readonly lowPort: number;
  readonly highAddress: string;
  readonly highPort: number;
  /** GWLB's address and source port of the newest packet. */
  readonly outerSource: string;
  readonly outerSourcePort: number;
  /** GENEVE header with options of the newest packet. */
  readonly geneve: Uint8Array;
  readonly idleSeconds: number;
}

/** What `readFlows` returns; every given member must match. */
export interface FlowFilter {
  readonly endpoint?: string;
  readonly protocol?: number;
  /** Either end. */
  readonly address?: string;
  /** Either end. */
  readonly port?: number;
  /** Most flows returned. @default 1000 */
  readonly limit?: number;
}

/** How full the flow table is. */
export interface FlowTableCounters {
  readonly capacity: number;
  readonly live: number;
  /** Flows ever inserted. */
  readonly inserted: bigint;
  /** Removed by `expireFlows`. */
  readonly expired: bigint;
  /** Pushed out by newer flows before they expired: inserted - expired - live. A later packet of theirs is `no_flow` until GWLB sends again. */
  readonly evicted: bigint;
}

/** The TUN pair of one endpoint, with gwlbtun's names. */
export interface EndpointDevices {
  readonly endpoint: string;
  /** `gwi-X`: packets from GWLB appear here. */
  readonly ingress: string;
  /** `gwo-X`: packets routed here go back to GWLB. */
  readonly egress: string;
}

/** An endpoint whose devices exist. */
export interface ObservedEndpoint extends EndpointDevices {
  /** The mark with which its packets arrive at `gwi-X`, 0: none; undefined: they are handed up instead. */
  readonly admittedWith: number | undefined;
}

/** What is attached and pinned, as the kernel says. */
export interface Observation {
  readonly mode: "hairpin" | "routed";
  readonly hook: "tc" | "xdp";
  readonly underlayInterface: string;
  /** Bytes of an IP packet that the underlay interface takes; undefined when it is gone. */
  readonly underlayMtu: number | undefined;
  /** Is our program attached to the underlay interface. */
  readonly attached: boolean;
  /** What holds it there: an XDP link, a tcx link (Linux 6.6), or clsact; undefined when nothing is attached. */
  readonly attachedBy: "xdp" | "tcx" | "clsact" | undefined;
  /** SHA-256 of the object file that the attached program was loaded from; undefined when nothing is attached. */
  readonly objectSha256: string | undefined;
  /** Kernel's id of the attached program. */
  readonly programId: number | undefined;
  readonly sources: readonly string[];
  /** Identity given with the loaded rule table; undefined before the first. */
  readonly rulesId: string | undefined;
  readonly ruleCount: number;
  /** Routed mode: endpoints whose two devices exist and are up, and whose `gwo-X` has the encap program attached. */
  readonly endpoints: readonly ObservedEndpoint[];
  /** Routed mode: `flag` where bpf_skb_adjust_room knows DECAP_L3_IPV6 (6.3), `change-proto` before. */
  readonly ipv6Decap: "flag" | "change-proto";
}

/** A packet of an endpoint that has no devices yet; give it back with `inject` once it has. */
export interface HandedUpPacket {
  readonly endpoint: string;
  /** The inner packet. */
  readonly packet: Uint8Array;
}

/**
 * The data path in the kernel: maps are read and written here and programs attached; nothing is decided.
 *
 * It outlives the process. `openDataPath` adopts what is pinned: maps of the same shape are kept, programs are replaced
 * in one step, so that no packet misses them.
 */
export interface DataPath {
  readonly options: DataPathOptions;

  /** Replaces the accepted source CIDRs (IPv4, at most 64): new ones first, then the superfluous are removed. */
  writeSources(cidrs: readonly string[]): void;
  /** Replaces the rule list in one step: every packet sees the old list or the new one. Counters of rules whose name stays go on. */
  writeRules(table: RuleTable): void;
  /** Attaches the program to the underlay interface, or replaces the attached one in one step. Idempotent. */
  attach(): void;

  readDropCounters(): Record<DropReason, bigint>;
  /** Adds packets that the agent has dropped itself. */
  countDropped(reason: AgentDropReason, packets: number): void;
  readPacketCounters(): PacketCounters;
  readEndpoints(): readonly EndpointCounters[];
  /** Hits by rule name, and of the default action. Empty before the first `writeRules`. */
  readRuleHits(): { readonly rules: ReadonlyMap<string, bigint>; readonly defaultAction: bigint };
  readFlows(filter?: FlowFilter): readonly Flow[];
  readFlowTable(): FlowTableCounters;
  /** Removes flows silent for longer than this; returns how many. */
  expireFlows(idleSeconds: number): number;

  /**
   * Routed mode: makes `gwi-X` and `gwo-X` (persistent TUN, MTU 8500, up, their file descriptors held) and attaches encap
   * to `gwo-X`. Idempotent.
   */
  makeDevices(endpoint: string): EndpointDevices;
  /**
   * Routed mode: lets packets of an endpoint whose devices are made through to `gwi-X`.
   *
   * @param mark that they carry there (`skb->mark`), 32 bits; 0: none
   */
  admitEndpoint(endpoint: string, mark: number): void;
  /** Routed mode: do an endpoint's packets go to its device. */
  isAdmitted(endpoint: string): boolean;
  /** Routed mode: the reverse of both. */
  removeEndpoint(endpoint: string): void;
  /** Endpoints that sent their first packet. Returns a function that stops the calls. */
  onNewEndpoint(listener: (endpoint: string) => void): () => void;
  /** Routed mode: packets that came before `admitEndpoint`. Give them to `inject` after it. */
  onHandedUpPacket(listener: (packet: HandedUpPacket) => void): () => void;
  /** Routed mode: the packet appears at `gwi-X` as if decapsulated there. */
  inject(packet: HandedUpPacket): void;

  observe(): Observation;
  /** Detaches programs, removes devices and pins: packets pass the host as before the first `openDataPath`. */
  unload(): void;
  /** Gives up the file descriptors; what is attached goes on working. */
  close(): void;
}
