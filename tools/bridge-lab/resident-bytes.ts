import { readFileSync } from "node:fs";

/** Resident memory of a process, proc_pid_status(5): VmRSS. */
export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
}
