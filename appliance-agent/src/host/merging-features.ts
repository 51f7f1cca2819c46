import { runProgram } from "./run-program";

/** Features of an interface by which GRO merges UDP packets that no socket of the host waits for; Linux has them off. */
const MERGING_FEATURES = ["rx-udp-gro-forwarding", "rx-gro-list"] as const;

/**
 * Features of an interface that are on and merge UDP packets which the host only forwards.
 *
 * @returns undefined where it cannot be asked: there is no such interface, or ethtool is not installed
 * @see https://docs.kernel.org/networking/segmentation-offloads.html
 */
export async function readMergingFeatures(interfaceName: string): Promise<string[] | undefined> {
  try {
    return mergingFeatures(await runProgram(["ethtool", "-k", interfaceName]));
  } catch {
    return undefined;
  }
}

/** Of what `ethtool -k` prints; none while GRO itself is off. */
export function mergingFeatures(features: string): string[] {
  const isOn = (name: string) => new RegExp(`^${name}: on\\b`, "m").test(features);
  return isOn("generic-receive-offload") ? MERGING_FEATURES.filter(isOn) : [];
}
