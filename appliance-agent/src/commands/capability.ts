import { readFileSync } from "node:fs";
import { CommandError, EXIT } from "./exit-code";

/** Bit of each Linux capability that some command needs, or that includes one (linux/capability.h). */
export const CAPABILITY_BITS = {
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_SYS_ADMIN: 21,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;

/** Name of a Linux capability, as capabilities(7) writes it. */
export type Capability = keyof typeof CAPABILITY_BITS;

/**
 * Which of `needed` a process does not have.
 *
 * @param processStatus text of `/proc/<pid>/status`
 */
export function missingCapabilities(needed: readonly Capability[], processStatus: string): Capability[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(processStatus)?.[1] ?? "0"}`);
  /* Both were split off CAP_SYS_ADMIN in Linux 5.8, which still includes them: capabilities(7). */
  const implied = new Set<Capability>(effective & bit("CAP_SYS_ADMIN") ? ["CAP_BPF", "CAP_PERFMON"] : []);
  return needed.filter((capability) => !(effective & bit(capability)) && !implied.has(capability));
}

/**
 * @param processStatus text of `/proc/<pid>/status` @default - this process's own
 * @throws CommandError (not permitted) that names every missing capability and the way to have it
 */
export function requireCapabilities(
  command: string,
  needed: readonly Capability[],
  processStatus = readFileSync("/proc/self/status", "utf8"),
): void {
  const missing = missingCapabilities(needed, processStatus);
  if (missing.length === 0) return;
  throw new CommandError(
    EXIT.notPermitted,
    `${command}: needs ${needed.join(", ")}, got a process without ${missing.join(", ")}; ` +
      `run it with sudo, or in a unit with AmbientCapabilities=${missing.join(" ")}`,
  );
}

function bit(capability: Capability): bigint {
  return 1n << BigInt(CAPABILITY_BITS[capability]);
}
