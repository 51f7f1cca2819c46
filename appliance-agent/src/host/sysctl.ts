import { accessSync, constants, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Path of a kernel parameter: `net.ipv4.ip_forward` is `/proc/sys/net/ipv4/ip_forward`. */
export function sysctlPath(name: string, root = "/proc/sys"): string {
  return join(root, ...name.split("."));
}

/** @returns the value, or undefined where the kernel has no such parameter (a device that is gone, IPv6 disabled). */
export function readSysctl(name: string, root?: string): string | undefined {
  try {
    return readFileSync(sysctlPath(name, root), "utf8").trim().replace(/\s+/g, " ");
  } catch (error) {
    if (["ENOENT", "EINVAL"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** Whether there is the parameter, and nobody can write it here, not even root: access(2) asks the kernel. */
export function isReadOnlySysctl(name: string, root?: string): boolean {
  try {
    accessSync(sysctlPath(name, root), constants.W_OK);
    return false;
  } catch (error) {
    return ["EACCES", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "");
  }
}

/** @throws Error when the kernel refuses the value, or there is no such parameter */
export function writeSysctl(name: string, value: string, root?: string): void {
  try {
    writeFileSync(sysctlPath(name, root), value, { flag: "r+" });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(
      `sysctl ${name}: cannot be set to '${value}', got ${code}; check the name and the value, and that the process has CAP_NET_ADMIN`,
      { cause },
    );
  }
}
