import { join } from "node:path";
import { loadProgram } from "./bpf-object";
import type { DataPath, DataPathOptions } from "./data-path";
import { probeIpv6Decap } from "./ipv6-decap-probe";
import { requireInterface } from "./interface";
import { KernelDataPath, Programs } from "./kernel-data-path";

/**
 * Loads the programs of a mode and adopts what is pinned. Nothing that is attached changes before `attach`.
 *
 * @throws Error when the interface does not exist, BpfError when the kernel refuses
 */
export function openDataPath(options: DataPathOptions): DataPath {
  requireInterface(options.underlayInterface);
  const programs = load(options);
  const maps = new Map([...(programs.encap?.maps ?? []), ...programs.inbound.maps]);
  return new KernelDataPath(options, maps, programs);
}

function load(options: DataPathOptions): Programs {
  const { mode, hook, objectDirectory, pinDirectory, maxFlows } = options;
  const file = (name: string, program: string) =>
    loadProgram({
      path: join(objectDirectory, `${name}.bpf.o`),
      program,
      mapDirectory: join(pinDirectory, "maps"),
      maxEntries: { flows: maxFlows },
    });
  const ipv6Decap = mode === "routed" ? probeIpv6Decap(objectDirectory) : "flag";
  if (mode === "routed") return { inbound: file("decap", "decap"), encap: file("encap", "encap"), ipv6Decap };
  return { inbound: hook === "xdp" ? file("hairpin-xdp", "hairpin_xdp") : file("hairpin", "hairpin"), ipv6Decap };
}
