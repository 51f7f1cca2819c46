import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where an agent keeps what. Each can be set by a flag, so that several agents can live on one machine in namespaces. */
export interface AgentDirectories {
  /** On a BPF file system: what is pinned there is the data path. */
  readonly pins: string;
  /** Kept over a reboot: the last good configuration. */
  readonly state: string;
  /** Kept until a reboot: what `status` reads, and the host's own values of what the agent changed. */
  readonly run: string;
}

/** Files in an agent's directories. */
export const agentFiles = {
  /** `AgentStatus` */
  status: (run: string) => join(run, "status.json"),
  /** `SavedSysctls` */
  savedSysctls: (run: string) => join(run, "saved-sysctls.json"),
  /** `KnownEndpoints` */
  endpoints: (run: string) => join(run, "endpoints.json"),
  /** The configuration in force, with every default written out. */
  configuration: (run: string) => join(run, "configuration.json"),
  /** The newest configuration that was valid, as it was read. */
  lastGood: (state: string) => join(state, "last-good.json"),
} as const;

/** Directory of the eBPF objects that belong to this program: beside the bundle, or in the source tree. */
export function defaultObjectDirectory(): string {
  const beside = join(__dirname, "ebpf");
  return existsSync(beside) ? beside : join(__dirname, "../../ebpf");
}
