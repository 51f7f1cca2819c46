import { z } from "zod";
import { readSysctl, writeSysctl } from "../host/sysctl";
import type { JsonFile } from "./json-file";

/** Value of a kernel parameter before the agent changed it, by name, in the order of the changes. */
export type SavedSysctls = Readonly<Record<string, string>>;

/** What the file of {@link SavedSysctls} must hold. */
export const savedSysctls: z.ZodType<SavedSysctls> = z.record(z.string(), z.string());

/**
 * Sets a kernel parameter and remembers what it was before the agent first set it.
 *
 * @throws Error when the kernel refuses the value, or when what it was cannot be saved: then it stays
 */
export function setSysctl(file: JsonFile<SavedSysctls>, name: string, value: string, was: string): void {
  const saved = file.read();
  /* Saved before it is set: an agent that is killed in between must still know the host's own value. */
  if (saved[name] === undefined) file.write({ ...saved, [name]: was });
  writeSysctl(name, value);
}

/**
 * Gives the host its own values back, the newest change first: `ip_forward` changes others, and was set before them.
 *
 * @returns names that could not be restored; a device that is gone is none of them
 */
export function restoreSysctls(file: JsonFile<SavedSysctls>): string[] {
  const saved = Object.entries(file.read()).reverse();
  const failed = saved.filter(([name, value]) => {
    const now = readSysctl(name);
    if (now === undefined || now === value) return false;
    try {
      writeSysctl(name, value);
      return false;
    } catch {
      return true;
    }
  });
  file.write(Object.fromEntries(failed.reverse()));
  return failed.map(([name]) => name);
}
