import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BpfMap, openPinnedMap, uint32 } from "./bpf-map";
import type { DataPath, DataPathOptions } from "./data-path";
import { interfaceName } from "./interface";
import { KernelDataPath } from "./kernel-data-path";
import { Settings, decodeSettings } from "./settings";

/**
 * The data path that is pinned in a directory, whether its agent runs or not: to be read, or unloaded.
 *
 * @returns undefined when nothing is pinned there, or nothing was ever attached
 */
export function openPinnedDataPath(pinDirectory: string): DataPath | undefined {
  const directory = join(pinDirectory, "maps");
  if (!existsSync(directory)) return undefined;
  const maps = new Map<string, BpfMap>();
  for (const name of readdirSync(directory)) {
    const map = openPinnedMap(name, join(directory, name));
    if (map) maps.set(name, map);
  }
  const [bytes] = maps.get("settings")?.lookup(uint32(0)) ?? [];
  const options = bytes && optionsOf(decodeSettings(bytes), pinDirectory, maps);
  if (options) return new KernelDataPath(options, maps);
  for (const map of maps.values()) map.close();
  return undefined;
}

function optionsOf(
  { attachment, underlay }: Settings,
  pinDirectory: string,
  maps: ReadonlyMap<string, BpfMap>,
): DataPathOptions | undefined {
  if (attachment === undefined) return undefined;
  return {
    mode: attachment === "routed-tc" ? "routed" : "hairpin",
    hook: attachment === "hairpin-xdp" ? "xdp" : "tc",
    underlayInterface: interfaceName(underlay) ?? `interface ${underlay}, which is gone`,
    objectDirectory: "",
    pinDirectory,
    maxFlows: maps.get("flows")?.shape.maxEntries ?? 0,
  };
}
