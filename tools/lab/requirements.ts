import { describeMissing, installPackages, LAB_PACKAGES } from "../setup/system-packages";
import { controlGroupRoot } from "./machine/control-group";
import { noMachine } from "./machine/machine";

/**
 * What this machine lacks for a lab, each in one line; nothing when a lab can run. Missing packages are installed by apt or
 * dnf where that is possible, after saying so.
 */
export function missingForLab(say: (line: string) => void): readonly string[] {
  if (process.platform !== "linux")
    return [`lab: needs Linux, got ${process.platform}; use a Linux machine or a container`];
  if (process.getuid?.() !== 0) return ["lab: needs root, for network namespaces and bpf(2); run it with sudo"];
  if (controlGroupRoot() === undefined) {
    return ["lab: needs a cgroup2 file system, got none; mount -t cgroup2 cgroup2 /sys/fs/cgroup"];
  }
  const packages = describeMissing(installPackages(LAB_PACKAGES, say)).map((line) => `lab: ${line}`);
  if (packages.length > 0) return packages;
  return noMachine === undefined ? [] : [`lab: machines need ${noMachine.replace(/^no /, "")}; install it`];
}
