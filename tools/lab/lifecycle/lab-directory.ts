import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeFabric } from "../fabric/build-fabric";
import { controlGroupRoot, removeControlGroup } from "../machine/control-group";

/** Where every lab of this machine has a folder. */
const LABS = "/run/gwlb-lab";

/** Where every lab of this machine has a control group, from the hierarchy's root. */
const CONTROL_GROUPS = "gwlb-lab";

/**
 * What this process's labs are called, with a number behind it; others do not exist for it. So that several people of one machine do not remove each other's.
 *
 * @param asked what GWLB_LAB_PREFIX has, `lab` where it has nothing
 * @throws Error when it cannot begin a name
 */
export function labPrefix(asked = process.env.GWLB_LAB_PREFIX): string {
  if (asked === undefined || asked === "") return "lab";
  if (/^[a-z]{1,20}$/.test(asked)) return asked;
  throw new Error(
    `GWLB_LAB_PREFIX: must be 1 to 20 lower-case letters, got '${asked}'; correct it, or unset it for lab`,
  );
}

/** What other processes need to know of a lab. */
export interface LabState {
  readonly name: string;
  /** What was planned: a scenario or a folder. */
  readonly target: string;
  /** The process that brought it up; when it has ended, a lab that is not kept is a left-over. */
  readonly owner: number;
  /** In clock ticks since the machine's start, so that a pid is not taken for another process's. */
  readonly ownerStart: string;
  readonly kept: boolean;
  /** Of every machine's systemd, by host. */
  readonly machines: Readonly<Record<string, number>>;
  /** Namespaces, without the lab's prefix. */
  readonly hosts: readonly string[];
}

/** A lab's folder. */
export const directoryOf = (name: string): string => join(LABS, name);

/** A lab's control group, from the hierarchy's root. */
export const controlGroupOf = (name: string): string => `${CONTROL_GROUPS}/${name}`;

/** Takes the first name that no other lab of the prefix has, `lab1`, and makes its folder. */
export function claimName(): string {
  const prefix = labPrefix();
  for (let number = 1; ; number++) {
    const name = `${prefix}${String(number)}`;
    if (namespacesOf(name).length === 0 && makeDirectoryOf(name)) return name;
  }
}

/** @returns whether there was none */
function makeDirectoryOf(name: string): boolean {
  mkdirSync(LABS, { recursive: true });
  try {
    mkdirSync(directoryOf(name), { mode: 0o755 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code === "ENOENT") return makeDirectoryOf(name); // the last other lab was just removed, and LABS with it
    throw error;
  }
}

/** Writes down what others need to know. */
export function writeState(state: Omit<LabState, "owner" | "ownerStart">): void {
  const owner = process.pid;
  const text = JSON.stringify({ ...state, owner, ownerStart: startOf(owner) ?? "" } satisfies LabState, null, 2);
  writeFileSync(join(directoryOf(state.name), "state.json"), `${text}\n`);
}

/** Every lab of the prefix on this machine; one that is being brought up has no state yet. */
export function readLabs(): readonly (LabState | { readonly name: string })[] {
  const name = new RegExp(`^${labPrefix()}\\d+$`);
  if (!existsSync(LABS)) return [];
  const names = readdirSync(LABS).filter((one) => name.test(one));
  return names.map((name) => {
    const file = join(directoryOf(name), "state.json");
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as LabState) : { name };
  });
}

/** Whether a lab's process has ended without removing it. */
export function isLeftOver(lab: LabState): boolean {
  return !lab.kept && startOf(lab.owner) !== lab.ownerStart;
}

/** Ends every process of a lab and removes all that it made. Harmless when there is nothing. */
export async function removeLab(name: string): Promise<void> {
  const directory = directoryOf(name);
  const root = controlGroupRoot();
  if (root !== undefined) {
    await removeControlGroup(join(root, controlGroupOf(name)));
    removeIfEmpty(join(root, CONTROL_GROUPS));
  }
  removeFabric(name);
  for (const mount of mountsBelow(directory)) unmount(directory, mount);
  rmSync(directory, { recursive: true, force: true });
  removeIfEmpty(LABS);
}

/** Another process may remove the lab at the same time. */
function unmount(directory: string, mount: string): void {
  const { status, stderr } = spawnSync("umount", ["--lazy", mount], { encoding: "utf8" });
  if (status !== 0 && mountsBelow(directory).includes(mount)) {
    throw new Error(`lab: ${mount} must be unmounted, got ${stderr.trim()}; look at what holds it`);
  }
}

/** What is left of a lab, for those who want to be sure: namespaces, mounts, control groups, files. */
export function remainsOf(name: string): readonly string[] {
  const group = join(controlGroupRoot() ?? "/sys/fs/cgroup", controlGroupOf(name));
  return [
    ...namespacesOf(name).map((namespace) => `/run/netns/${namespace}`),
    ...mountsBelow(directoryOf(name)),
    ...[group, directoryOf(name)].filter(existsSync),
  ];
}

function namespacesOf(name: string): string[] {
  const all = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  return all.filter((namespace) => namespace.startsWith(`${name}-`));
}

function mountsBelow(directory: string): string[] {
  const points = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .flatMap((line) => line.split(" ")[1] ?? []);
  return points.filter((point) => point.startsWith(`${directory}/`)).reverse();
}

/** Field 22 of /proc/<pid>/stat, proc(5). */
function startOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ")[19];
  } catch {
    return undefined; // it has ended
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // another lab is in it
  }
}
