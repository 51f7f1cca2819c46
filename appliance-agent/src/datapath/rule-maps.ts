import type { RuleTable } from "../rules/rule-table";
import { BpfMap, MAP_TYPE, MapShape, arrayKeys, uint32 } from "./bpf-map";
import type { InnerMaps } from "./inner-maps";
import { libbpf } from "./libbpf";
import {
  IPV4_NODE_BYTES,
  IPV6_NODE_BYTES,
  PORT_ROWS_BYTES,
  RULE_CHUNK_BYTES,
  RULE_CLASSES_BYTES,
  RULE_NAME_BYTES,
  RULE_ROW_BYTES,
  decodeNames,
  decodeRuleClasses,
  encodeChunks,
  encodeIpv4Nodes,
  encodeIpv6Nodes,
  encodeNames,
  encodePortRows,
  encodeRows,
  encodeRuleClasses,
} from "./rule-encoding";

/** BPF_F_INNER_MAP of linux/bpf.h: maps of different sizes may take the same place in a map of maps. */
const BPF_F_INNER_MAP = 0x1000;

/** The maps of ebpf/rule_table.h. */
export const RULE_MAPS = [
  "rule_classes",
  "rule_ipv4",
  "rule_ipv6",
  "rule_ports",
  "rule_endpoints",
  "rule_rows",
  "rule_chunks",
  "rule_hits",
  "rule_names",
  "rule_barrier",
  "rule_generation",
] as const;

/** A name from `RULE_MAPS`. */
export type RuleMapName = (typeof RULE_MAPS)[number];

/** Hits by rule name, in the rules' order, and of the default action. */
export interface RuleHits {
  readonly rules: ReadonlyMap<string, bigint>;
  readonly defaultAction: bigint;
}

/** The rule list in the kernel: two generations, of which packets use one. */
export class RuleMaps {
  constructor(
    private readonly maps: Readonly<Record<RuleMapName, BpfMap>>,
    private readonly inners: InnerMaps,
  ) {}

  /** The list that packets see; undefined before the first. */
  current(): { readonly id: string; readonly rules: number } | undefined {
    const generation = this.generation();
    if (generation === undefined) return undefined;
    return this.read("rule_classes", generation, (classes) => decodeRuleClasses(valueOf(classes, 0)));
  }

  /**
   * Replaces the list in one step.
   *
   * The generation not in use is filled, then one write makes packets use it. Before the other may be touched, packets that
   * began with it must be through: an update of a map of maps waits for them.
   */
  write(table: RuleTable): void {
    const before = this.generation();
    const generation = before === undefined ? 0 : 1 - before;
    const hitsBefore = this.hits();
    this.fill(generation, table);
    this.maps.rule_generation.update(uint32(0), uint32(generation + 1));
    this.waitForPackets(generation);
    if (before !== undefined) this.carryHits(generation, table.names, this.hitsOf(before) ?? hitsBefore);
  }

  /** Counters of the list that packets see, with those that earlier lists counted for rules of the same name. */
  hits(): RuleHits {
    const generation = this.generation();
    return (generation === undefined ? undefined : this.hitsOf(generation)) ?? { rules: new Map(), defaultAction: 0n };
  }

  private generation(): number | undefined {
    const number = valueOf(this.maps.rule_generation, 0).readUInt32LE(0);
    return number === 0 ? undefined : number - 1;
  }

  private fill(generation: number, table: RuleTable): void {
    const { bitmaps, ipv4, ipv6, ports, names } = table;
    const side = (index: 0 | 1) => generation * 2 + index;
    this.putArray("rule_classes", generation, RULE_CLASSES_BYTES, encodeRuleClasses(table));
    this.putArray("rule_ipv4", side(0), IPV4_NODE_BYTES, encodeIpv4Nodes(ipv4.source));
    this.putArray("rule_ipv4", side(1), IPV4_NODE_BYTES, encodeIpv4Nodes(ipv4.destination));
    this.putArray("rule_ipv6", side(0), IPV6_NODE_BYTES, encodeIpv6Nodes(ipv6.source));
    this.putArray("rule_ipv6", side(1), IPV6_NODE_BYTES, encodeIpv6Nodes(ipv6.destination));
    const portRows = [encodePortRows(ports.source.table), encodePortRows(ports.destination.table)];
    this.putArray("rule_ports", generation, PORT_ROWS_BYTES, Buffer.concat(portRows));
    this.putArray("rule_rows", generation, RULE_ROW_BYTES, encodeRows(bitmaps));
    this.putArray("rule_chunks", generation, RULE_CHUNK_BYTES, encodeChunks(bitmaps));
    this.putArray("rule_names", generation, RULE_NAME_BYTES, encodeNames([...names, ""]));
    const hits = Buffer.alloc(8 * (names.length + 1) * (libbpf().libbpf_num_possible_cpus() + 1));
    this.putArray("rule_hits", generation, 8, hits);
    this.putEndpoints(generation, table);
  }

  private putArray(name: RuleMapName, slot: number, valueBytes: number, values: Buffer): void {
    const maxEntries = values.length / valueBytes;
    const shape = { type: MAP_TYPE.array, keyBytes: 4, valueBytes, maxEntries, flags: BPF_F_INNER_MAP };
    this.put(name, slot, shape, (map) => {
      map.updateAll(arrayKeys(maxEntries), values);
    });
  }

  private putEndpoints(generation: number, { endpoint }: RuleTable): void {
    const maxEntries = Math.max(1, endpoint.rows.size);
    const keys = Buffer.from(BigUint64Array.from(endpoint.rows.keys()).buffer);
    const values = Buffer.from(Uint32Array.from(endpoint.rows.values()).buffer);
    this.put(
      "rule_endpoints",
      generation,
      { type: MAP_TYPE.hash, keyBytes: 8, valueBytes: 4, maxEntries, flags: 0 },
      (map) => {
        map.updateAll(keys, values);
      },
    );
  }

  private put(name: RuleMapName, slot: number, shape: MapShape, fill: (map: BpfMap) => void): void {
    const map = BpfMap.create(name, shape);
    try {
      fill(map);
      this.inners.put(this.maps[name], slot, map);
    } finally {
      map.close();
    }
  }

  /** Returns when no packet is under way any more that was under way when it was called. */
  private waitForPackets(generation: number): void {
    this.read("rule_hits", generation, (hits) => {
      this.inners.put(this.maps.rule_barrier, 0, hits);
    });
  }

  private hitsOf(generation: number): RuleHits | undefined {
    const names = this.read("rule_names", generation, (map) => decodeNames(allValues(map)));
    if (!names) return undefined;
    return this.read("rule_hits", generation, (map) => {
      const values = allValues(map);
      const total = new Array<bigint>(names.length).fill(0n);
      for (let at = 0; at < values.length; at += 8)
        total[(at / 8) % names.length] = (total[(at / 8) % names.length] ?? 0n) + values.readBigUInt64LE(at);
      return {
        rules: new Map(names.slice(0, -1).map((name, rule) => [name, total[rule] ?? 0n])),
        defaultAction: total.at(-1) ?? 0n,
      };
    });
  }

  /** What earlier lists counted goes behind the counters of the CPUs, where no packet writes. */
  private carryHits(generation: number, names: readonly string[], earlier: RuleHits): void {
    this.read("rule_hits", generation, (map) => {
      const first = map.shape.maxEntries - (names.length + 1);
      const counts = [...names.map((name) => earlier.rules.get(name) ?? 0n), earlier.defaultAction];
      const keys = Uint32Array.from(counts.keys(), (index) => first + index);
      map.updateAll(Buffer.from(keys.buffer), Buffer.from(BigUint64Array.from(counts).buffer));
    });
  }

  private read<T>(name: RuleMapName, slot: number, use: (map: BpfMap) => T): T | undefined {
    const map = this.inners.open(this.maps[name], slot);
    if (map === undefined) return undefined;
    try {
      return use(map);
    } finally {
      map.close();
    }
  }
}

function valueOf(map: BpfMap, index: number): Buffer {
  return map.lookup(uint32(index))?.[0] ?? Buffer.alloc(map.shape.valueBytes);
}

function allValues(map: BpfMap): Buffer {
  return Buffer.concat([...map.entries()].map(({ values }) => values[0] ?? Buffer.alloc(0)));
}
