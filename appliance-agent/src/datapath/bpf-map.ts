import { closeSync } from "node:fs";
import { BpfError, checked, errnoName } from "./bpf-error";
import { libbpf } from "./libbpf";

/** Types of maps, from linux/bpf.h. */
export const MAP_TYPE = {
  hash: 1,
  array: 2,
  percpuHash: 5,
  percpuArray: 6,
  lruHash: 9,
  lpmTrie: 11,
  arrayOfMaps: 12,
} as const;

/** struct bpf_map_info. */
const MAP_INFO_BYTES = 88;

/** Types of maps whose values exist once for each CPU. */
const PER_CPU_TYPES: ReadonlySet<number> = new Set([5, 6, 10]); // percpu hash, percpu array, LRU percpu hash

/** What a map is like; two maps are compatible when these are equal. */
export interface MapShape {
  readonly type: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly maxEntries: number;
  readonly flags: number;
}

/** One key with its value; of a per-CPU map with one value for each CPU. */
export interface MapEntry {
  readonly key: Buffer;
  readonly values: readonly Buffer[];
}

/** A map in the kernel. */
export class BpfMap {
  readonly shape: MapShape;
  /** Kernel's id. */
  readonly id: number;
  private readonly perCpu: number;
  private readonly stride: number;

  /** @param fd owned by this object from now on */
  constructor(
    readonly name: string,
    readonly fd: number,
  ) {
    const info = objectInfo(`map ${name}`, fd, MAP_INFO_BYTES);
    this.id = info.readUInt32LE(4);
    this.shape = mapShape(info);
    this.perCpu = PER_CPU_TYPES.has(this.shape.type) ? libbpf().libbpf_num_possible_cpus() : 1;
    this.stride = this.perCpu > 1 ? Math.ceil(this.shape.valueBytes / 8) * 8 : this.shape.valueBytes;
  }

  /** A new map that nothing refers to yet. */
  static create(name: string, shape: MapShape): BpfMap {
    const options = Buffer.alloc(56); // struct bpf_map_create_opts
    options.writeBigUInt64LE(56n, 0);
    options.writeUInt32LE(shape.flags, 28);
    const { type, keyBytes, valueBytes, maxEntries } = shape;
    const fd = libbpf().bpf_map_create(type, name.slice(0, 15), keyBytes, valueBytes, maxEntries, options);
    return new BpfMap(name, checked(`map ${name}`, `create with ${maxEntries} entries`, fd));
  }

  /** @returns the value of each CPU (one, of an ordinary map), or undefined when there is none */
  lookup(key: Uint8Array): Buffer[] | undefined {
    const value = Buffer.alloc(this.stride * this.perCpu);
    const result = libbpf().bpf_map_lookup_elem(this.fd, key, value);
    if (result < 0 && errnoName(result) === "ENOENT") return undefined;
    checked(`map ${this.name}`, "look up", result);
    return this.split(value);
  }

  update(key: Uint8Array, value: Uint8Array): void {
    checked(`map ${this.name}`, "update", libbpf().bpf_map_update_elem(this.fd, key, value, 0));
  }

  /** @returns whether there was such a key */
  delete(key: Uint8Array): boolean {
    const result = libbpf().bpf_map_delete_elem(this.fd, key);
    if (result < 0 && errnoName(result) === "ENOENT") return false;
    checked(`map ${this.name}`, "delete", result);
    return true;
  }

  /** Writes many values at once. @param values one after the other; of a per-CPU map one for each CPU, of whole 8 bytes */
  updateAll(keys: Buffer, values: Uint8Array): void {
    const count = keys.length / this.shape.keyBytes;
    if (count === 0) return;
    const done = uint32(count);
    checked(
      `map ${this.name}`,
      `write ${count} entries`,
      libbpf().bpf_map_update_batch(this.fd, keys, values, done, null),
    );
  }

  /** Every entry, in the kernel's order; entries that change meanwhile may be missing or there twice. */
  *entries(batch = 4096): Generator<MapEntry> {
    const { keyBytes } = this.shape;
    const keys = Buffer.alloc(keyBytes * batch);
    const values = Buffer.alloc(this.stride * this.perCpu * batch);
    let cursor: Buffer | null = null;
    for (;;) {
      const next = Buffer.alloc(Math.max(keyBytes, 4));
      const count = uint32(batch);
      const result = libbpf().bpf_map_lookup_batch(this.fd, cursor, next, keys, values, count, null);
      const end = result < 0 && errnoName(result) === "ENOENT";
      if (result < 0 && errnoName(result) === "ENOSPC") return yield* this.entries(batch * 2); // a bucket larger than the batch
      if (!end) checked(`map ${this.name}`, "read all entries", result);
      for (let i = 0; i < count.readUInt32LE(0); i++) {
        const valueAt = i * this.stride * this.perCpu;
        yield {
          key: Buffer.from(keys.subarray(i * keyBytes, (i + 1) * keyBytes)),
          values: this.split(Buffer.from(values.subarray(valueAt, valueAt + this.stride * this.perCpu))),
        };
      }
      if (end) return;
      cursor = next;
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  private split(values: Buffer): Buffer[] {
    return Array.from({ length: this.perCpu }, (_, cpu) =>
      values.subarray(cpu * this.stride, cpu * this.stride + this.shape.valueBytes),
    );
  }
}

/** A key or value of four bytes. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Keys 0 to `count` - 1 of an array, one after the other. */
export function arrayKeys(count: number): Buffer {
  return Buffer.from(Uint32Array.from({ length: count }, (_, index) => index).buffer);
}

/** The map that is pinned at a path, or undefined. */
export function openPinnedMap(name: string, path: string): BpfMap | undefined {
  const fd = libbpf().bpf_obj_get(path);
  if (fd < 0 && errnoName(fd) === "ENOENT") return undefined;
  return new BpfMap(name, checked(path, "open", fd));
}

/** Pins a map, unless something is pinned there. @throws BpfError where `path` is on no BPF file system */
export function pinMap(fd: number, path: string): void {
  const result = libbpf().bpf_obj_pin(fd, path);
  if (result < 0 && errnoName(result) !== "EEXIST")
    throw new BpfError(
      path,
      "pin the map",
      errnoName(result),
      "name a directory on a mounted BPF file system (mount -t bpf)",
    );
}

function mapShape(info: Buffer): MapShape {
  return {
    type: info.readUInt32LE(0),
    keyBytes: info.readUInt32LE(8),
    valueBytes: info.readUInt32LE(12),
    maxEntries: info.readUInt32LE(16),
    flags: info.readUInt32LE(20),
  };
}

/** What the kernel tells of a map, a program or a link. */
export function objectInfo(where: string, fd: number, bytes: number): Buffer {
  const info = Buffer.alloc(bytes);
  checked(where, "get its description", libbpf().bpf_obj_get_info_by_fd(fd, info, uint32(bytes)));
  return info;
}
