import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BpfError, checked, errnoName } from "./bpf-error";
import { BpfMap, MAP_TYPE, MapShape, objectInfo, openPinnedMap, pinMap } from "./bpf-map";
import { InnerMaps, innerMapDirectory } from "./inner-maps";
import { VerifierLog } from "./verifier-log";
import { ReplacedMaps } from "./replaced-maps";
import { Opaque, libbpf } from "./libbpf";

/** A program in the kernel, with the object file it came from. */
export interface LoadedProgram {
  readonly fd: number;
  /** Kernel's id. */
  readonly id: number;
  /** SHA-256 of the object file, 64 hexadecimal digits. */
  readonly objectSha256: string;
  /** By name; all of them pinned. */
  readonly maps: ReadonlyMap<string, BpfMap>;
  /** Pinned maps whose place those of this program have taken. */
  readonly replaced: ReplacedMaps;
  close(): void;
}

/** What is to be loaded. */
export interface ObjectFile {
  readonly path: string;
  /** Name of the program in it. */
  readonly program: string;
  /** Below it each map is pinned by its name. */
  readonly mapDirectory: string;
  /** Maps whose size is configured, by name. @default - as the object says */
  readonly maxEntries?: Readonly<Record<string, number>>;
}

/**
 * Loads a program. Maps that are pinned and of the same shape are adopted with what is in them; others are replaced, which
 * an attached program only notices when this one replaces it. Of these, what still has the same keys and values is copied.
 *
 * @throws BpfError when the kernel refuses
 */
export function loadProgram(file: ObjectFile): LoadedProgram {
  const bytes = readObject(file.path);
  const verifier = new VerifierLog();
  const object = libbpf().bpf_object__open_file(file.path, verifier.options);
  if (!object) throw new BpfError(file.path, "not a BPF object", "EINVAL", "build it again (npm run build:ebpf)");
  let stale = new Map<string, BpfMap>();
  try {
    for (const [name, entries] of Object.entries(file.maxEntries ?? {})) setMaxEntries(object, name, entries);
    const maps = mapsOf(object).map((map) => ({ map, name: libbpf().bpf_map__name(map) }));
    stale = adoptPinned(maps, file.mapDirectory);
    const result = libbpf().bpf_object__load(object);
    if (result < 0) throw verifier.error(file.path, errnoName(result));
    mkdirSync(file.mapDirectory, { recursive: true, mode: 0o700 });
    for (const name of stale.keys()) rmSync(join(file.mapDirectory, name), { force: true });
    const opened = new Map(maps.map(({ map, name }) => [name, pinned(map, name, file.mapDirectory)]));
    const replaced = new ReplacedMaps(
      new Map([...stale].map(([name, before]) => [name, { before, now: opened.get(name) as BpfMap }])),
    );
    replaced.copy();
    const program = libbpf().bpf_object__find_program_by_name(object, file.program);
    if (!program) throw new BpfError(file.path, `no program ${file.program}`, "ENOENT", "build it again");
    const fd = libbpf().bpf_program__fd(program);
    return {
      fd,
      id: programId(fd),
      objectSha256: createHash("sha256").update(bytes).digest("hex"),
      maps: opened,
      replaced,
      close: () => {
        libbpf().bpf_object__close(object);
        for (const map of opened.values()) map.close();
      },
    };
  } catch (error) {
    for (const map of stale.values()) map.close();
    libbpf().bpf_object__close(object);
    throw error;
  }
}

/** The kernel's id of a program. */
export function programId(fd: number): number {
  return objectInfo("program", fd, 8).readUInt32LE(4);
}

function readObject(path: string): Buffer {
  if (!existsSync(path))
    throw new BpfError(path, "no such object", "ENOENT", "name the directory of the *.bpf.o files with --objects");
  return readFileSync(path);
}

function mapsOf(object: Opaque): Opaque[] {
  const maps: Opaque[] = [];
  for (let map = libbpf().bpf_object__next_map(object, null); map; map = libbpf().bpf_object__next_map(object, map))
    maps.push(map);
  return maps;
}

function setMaxEntries(object: Opaque, name: string, entries: number): void {
  const map = libbpf().bpf_object__find_map_by_name(object, name);
  if (map) checked(`map ${name}`, `set its size to ${entries}`, libbpf().bpf_map__set_max_entries(map, entries));
}

/** Maps of one prefix describe one thing, as the rules do: they are adopted together or not at all. */
function groupOf(name: string): string {
  return name.startsWith("rule_") ? "rule_" : name;
}

/** @returns the pinned maps that cannot be adopted */
function adoptPinned(maps: readonly { map: Opaque; name: string }[], directory: string): Map<string, BpfMap> {
  const inners = new InnerMaps(innerMapDirectory(directory));
  const found = maps.map(({ map, name }) => ({ map, name, pin: openPinnedMap(name, join(directory, name)) }));
  const unfit = new Set(
    found.filter(({ map, pin }) => pin && !fits(map, pin, inners)).map(({ name }) => groupOf(name)),
  );
  const stale = new Map<string, BpfMap>();
  for (const { map, name, pin } of found) {
    if (!pin) continue;
    if (unfit.has(groupOf(name))) {
      stale.set(name, pin);
      continue;
    }
    checked(`map ${name}`, "adopt the pinned one", libbpf().bpf_map__reuse_fd(map, pin.fd));
    pin.close();
  }
  return stale;
}

function fits(map: Opaque, pin: BpfMap, inners: InnerMaps): boolean {
  if (!sameShape(declaredShape(map), pin.shape)) return false;
  if (pin.shape.type !== MAP_TYPE.arrayOfMaps) return true;
  const declared = libbpf().bpf_map__inner_map(map);
  const inner = innerShape(pin, inners);
  return declared !== null && inner !== undefined && sameShape({ ...declaredShape(declared), maxEntries: 0 }, inner);
}

function declaredShape(map: Opaque): MapShape {
  return {
    type: libbpf().bpf_map__type(map),
    keyBytes: libbpf().bpf_map__key_size(map),
    valueBytes: libbpf().bpf_map__value_size(map),
    maxEntries: libbpf().bpf_map__max_entries(map),
    flags: libbpf().bpf_map__map_flags(map),
  };
}

function sameShape(a: MapShape, b: MapShape): boolean {
  return (Object.keys(a) as (keyof MapShape)[]).every((key) => a[key] === b[key]);
}

/** What the maps in a map of maps are like, their sizes aside; undefined when none is known: the kernel does not tell. */
function innerShape(outer: BpfMap, inners: InnerMaps): MapShape | undefined {
  for (let slot = 0; slot < outer.shape.maxEntries; slot++) {
    const inner = inners.open(outer, slot);
    if (inner === undefined) continue;
    inner.close();
    return { ...inner.shape, maxEntries: 0 };
  }
  return undefined;
}

function pinned(map: Opaque, name: string, directory: string): BpfMap {
  const path = join(directory, name);
  pinMap(libbpf().bpf_map__fd(map), path);
  const opened = openPinnedMap(name, path);
  if (!opened) throw new BpfError(path, "open the map just pinned", "ENOENT", "another process removed it: try again");
  return opened;
}
