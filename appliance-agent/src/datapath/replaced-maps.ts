import { BpfMap, MAP_TYPE } from "./bpf-map";

/** What packets write: until the last program that uses the old maps is replaced, these grow old. */
const WRITTEN_BY_PACKETS = [
  "drops",
  "packets",
  "endpoints",
  "direct_endpoints",
  "flows",
  "fragment_flows",
  "fragments",
  "long_options",
];

/** Types whose entries mean the same in a map of another size. */
const COPIED_TYPES: ReadonlySet<number> = new Set([
  MAP_TYPE.hash,
  MAP_TYPE.array,
  MAP_TYPE.percpuHash,
  MAP_TYPE.percpuArray,
  MAP_TYPE.lruHash,
  MAP_TYPE.lpmTrie,
]);

const ARRAY_TYPES: ReadonlySet<number> = new Set([MAP_TYPE.array, MAP_TYPE.percpuArray]);

/** Entries that are copied with one call. */
const BATCH = 4096;

/** A pinned map that has another shape than the programs want, and the one that has taken its place. */
export interface ReplacedMap {
  readonly before: BpfMap;
  readonly now: BpfMap;
}

/** The maps that could not be adopted, while programs that use them are still attached. */
export class ReplacedMaps {
  constructor(private readonly byName: ReadonlyMap<string, ReplacedMap>) {}

  /** What is in the old maps goes into the new ones, where keys and values are of the same kind. */
  copy(): void {
    for (const { before, now } of this.byName.values()) copyEntries(before, now);
  }

  /** The same once more for what packets have written meanwhile; only while no program writes to the new maps. */
  copyPackets(): void {
    for (const [name, { before, now }] of this.byName) if (WRITTEN_BY_PACKETS.includes(name)) copyEntries(before, now);
  }

  /** undefined: a map of this name was adopted, or is new. */
  get(name: string): ReplacedMap | undefined {
    return this.byName.get(name);
  }

  /** Gives the old maps up: they end with the last program that uses them. */
  close(): void {
    for (const { before } of this.byName.values()) before.close();
  }
}

/** Whether entries of one map can be entries of the other. */
export function isCopied({ before, now }: ReplacedMap): boolean {
  const [a, b] = [before.shape, now.shape];
  return COPIED_TYPES.has(a.type) && a.type === b.type && a.keyBytes === b.keyBytes && a.valueBytes === b.valueBytes;
}

/** As many as there is room for. */
function copyEntries(before: BpfMap, now: BpfMap): void {
  if (!isCopied({ before, now })) return;
  const room = now.shape.maxEntries;
  let keys: Buffer[] = [];
  let values: Buffer[] = [];
  let copied = 0;
  const write = (): void => {
    now.updateAll(Buffer.concat(keys), Buffer.concat(values));
    [keys, values] = [[], []];
  };
  for (const entry of before.entries()) {
    if (ARRAY_TYPES.has(now.shape.type) && entry.key.readUInt32LE(0) >= room) continue;
    if (++copied > room) break;
    keys.push(entry.key);
    values.push(...entry.values);
    if (keys.length === BATCH) write();
  }
  write();
}
