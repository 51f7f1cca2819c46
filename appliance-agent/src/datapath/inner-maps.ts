import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BpfMap, openPinnedMap, pinMap, uint32 } from "./bpf-map";

/**
 * The maps inside maps of maps, each pinned.
 *
 * A lookup in a map of maps tells an id, and to open a map by its id the kernel wants CAP_SYS_ADMIN (linux/capability.h);
 * to open what is pinned it wants no more than CAP_BPF.
 */
export class InnerMaps {
  /** @param directory on a BPF file system; made when the first map is put */
  constructor(private readonly directory: string) {}

  /** @returns undefined when the slot is empty, or was filled by an agent that pinned nothing */
  open(outer: BpfMap, slot: number): BpfMap | undefined {
    const id = outer.lookup(uint32(slot))?.[0]?.readUInt32LE(0) ?? 0;
    const inner = id === 0 ? undefined : openPinnedMap(outer.name, this.path(outer, slot));
    if (inner === undefined || inner.id === id) return inner;
    inner.close();
    return undefined;
  }

  /** Puts a map into a slot, in one step for packets; what was there goes when no program uses it any more. */
  put(outer: BpfMap, slot: number, inner: BpfMap): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    outer.update(uint32(slot), uint32(inner.fd));
    rmSync(this.path(outer, slot), { force: true });
    pinMap(inner.fd, this.path(outer, slot));
  }

  /** No dot: a BPF file system refuses names with one (EPERM; `bpf_lookup` in the kernel's kernel/bpf/inode.c). */
  private path(outer: BpfMap, slot: number): string {
    return join(this.directory, `${outer.name}-${slot}`);
  }
}

/** Where the inner maps are, beside the directory of the others. */
export function innerMapDirectory(mapDirectory: string): string {
  return join(mapDirectory, "../inner-maps");
}
