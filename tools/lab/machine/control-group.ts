import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** Milliseconds in which killed processes end; one that hangs in the kernel does not. */
const END_TIMEOUT_MS = 10_000;

/** Where the unified hierarchy is mounted, if it is. */
export function controlGroupRoot(): string | undefined {
  if (process.platform !== "linux") return undefined;
  return /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8"))?.[1];
}

/**
 * Makes a control group: whatever is started in it, and what that starts, can be ended as one.
 *
 * @param name relative to the root of the hierarchy
 * @returns its folder
 * @throws Error when there is no unified hierarchy
 */
export function makeControlGroup(name: string): string {
  const root = controlGroupRoot();
  if (root === undefined) throw new Error("lab: no cgroup2 file system is mounted; mount one at /sys/fs/cgroup");
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** A command line that runs another one in a control group. */
export function inControlGroup(path: string, command: readonly string[]): [string, ...string[]] {
  return ["sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', path, ...command];
}

/**
 * Ends every process of a control group and of those below it, and removes them. Harmless when there is none.
 *
 * @throws Error when a process does not end
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html cgroup.kill, since Linux 5.14
 */
export async function removeControlGroup(path: string): Promise<void> {
  const deadline = Date.now() + END_TIMEOUT_MS;
  while (existsSync(path)) {
    tolerant(() => {
      writeFileSync(join(path, "cgroup.kill"), "1");
    });
    if (removeFolders(path)) return;
    if (Date.now() > deadline) {
      throw new Error(
        `lab: ${path} cannot be removed, got processes ${processesOf(path).join(" ") || "none"}; look at what holds them`,
      );
    }
    await wait(20);
  }
}

/** Ids of the processes in a control group and those below it. */
export function processesOf(path: string): number[] {
  if (!existsSync(path)) return [];
  const own = tolerant(() => readFileSync(join(path, "cgroup.procs"), "utf8")) ?? "";
  return [...own.split("\n").filter(Boolean).map(Number), ...below(path).flatMap(processesOf)];
}

function below(path: string): string[] {
  const entries = tolerant(() => readdirSync(path, { withFileTypes: true })) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name));
}

/** @returns whether the group is gone: not before its processes have ended */
function removeFolders(path: string): boolean {
  below(path).forEach(removeFolders);
  tolerant(() => {
    rmdirSync(path);
  });
  return !existsSync(path);
}

/** Groups come and go while they are looked at. */
function tolerant<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
