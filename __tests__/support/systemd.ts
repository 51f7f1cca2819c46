import { ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { eventually } from "./namespaces";

/** systemd's manager, as Debian and Fedora install it. */
const MANAGER = "/lib/systemd/systemd";

/** Of one program in the machine: a boot takes seconds. */
const EXEC_TIMEOUT_MS = 30_000;

/** Units that ours refer to; the machine has no other one but those that it is given. */
const TARGETS = [
  "sysinit",
  "basic",
  "multi-user",
  "timers",
  "paths",
  "sockets",
  "network-online",
  "shutdown",
  "umount",
];

/** Folders that are the machine's own, on top of this one's. */
const OWN_FOLDERS = ["/etc", "/opt", "/usr/local", "/var/lib", "/var/log"];

/** A running machine. */
export interface SystemdMachine {
  /** Runs a program in the machine. @returns its output, also when it fails */
  exec(...argv: string[]): string;
  /** A property of a unit, as `systemctl show` has it. */
  property(unit: string, name: string): string;
}

/** What the machine has at its start. */
export interface SystemdMachineOptions {
  /** Text of files by absolute path below /etc, /opt, /usr/local, /var/lib or /var/log; those with `#!` can be run. */
  readonly files: Readonly<Record<string, string>>;
  /** Units of this machine that the other one has, too. @default - none */
  readonly unitsOfThisMachine?: readonly string[];
}

/** Why {@link withSystemd} cannot run here, or nothing. */
export const noSystemd: string | undefined = !existsSync(MANAGER)
  ? "no systemd"
  : cgroup2() === undefined
    ? "no cgroup2 file system"
    : undefined;

/**
 * A machine with a real systemd as its first process, in namespaces of its own (processes, mounts, network, cgroups), whose
 * only units are the given ones. It and everything in it is gone afterwards, also when `body` fails.
 */
export async function withSystemd(
  options: SystemdMachineOptions,
  body: (machine: SystemdMachine) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "gwlb-systemd-"));
  const cgroup = join(cgroup2() ?? "", `gwlb-systemd-${String(process.pid)}`);
  const units = join(folder, "units");
  mkdirSync(units);
  mkdirSync(join(folder, "own"));
  mkdirSync(cgroup);
  for (const target of TARGETS) {
    const wants = target === "multi-user" ? "Wants=timers.target paths.target\n" : "";
    writeFileSync(join(units, `${target}.target`), `[Unit]\nDescription=${target}\nDefaultDependencies=no\n${wants}`);
  }
  for (const unit of options.unitsOfThisMachine ?? [])
    copyFileSync(join("/lib/systemd/system", unit), join(units, unit));
  for (const [path, text] of Object.entries(options.files)) {
    const own = join(folder, "files", path);
    mkdirSync(dirname(own), { recursive: true });
    writeFileSync(own, text);
    chmodSync(own, text.startsWith("#!") ? 0o755 : 0o644);
  }
  const init = [
    "set -e",
    `echo $$ >${cgroup}/cgroup.procs`,
    `exec unshare --pid --mount --net --uts --ipc --cgroup --fork --kill-child sh -ec '${machineSetUp(folder, units)}'`,
  ].join("\n");
  const manager = spawn("sh", ["-c", init], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  manager.stdout.on("data", (text) => (output += String(text)));
  manager.stderr.on("data", (text) => (output += String(text)));
  try {
    const machine = await started(manager, () => output);
    await body(machine);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n--- systemd ---\n${output.slice(-4000)}`, { cause: error });
  } finally {
    if (manager.exitCode === null && manager.signalCode === null) {
      const ended = new Promise((done) => manager.once("exit", done));
      manager.kill("SIGKILL"); // --kill-child: the namespace's first process dies with it, and so do all in it
      await ended;
    }
    await eventually("the machine's processes to end", () => (removeCgroup(cgroup) ? true : undefined));
    rmSync(folder, { recursive: true, force: true });
  }
}

function machineSetUp(folder: string, units: string): string {
  return [
    "mount --make-rprivate /",
    "mount -t proc proc /proc",
    `mount -t tmpfs tmpfs ${folder}/own`,
    ...OWN_FOLDERS.flatMap((path, at) => {
      const own = `${folder}/own/${String(at)}`;
      return [
        `mkdir -p ${own}/upper ${own}/work`,
        `mount -t overlay overlay -o lowerdir=${path},upperdir=${own}/upper,workdir=${own}/work ${path}`,
      ];
    }),
    "rm -rf /etc/systemd/system /etc/systemd/system.conf.d",
    "mkdir -p /etc/systemd/system",
    `cp -r ${folder}/files/. /`,
    `mount --bind ${units} /lib/systemd/system`,
    "mount -t tmpfs tmpfs /run",
    "umount -R /sys",
    "mount -t sysfs sysfs /sys", // with the devices of this network namespace
    "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
    "mount -t bpf bpf /sys/fs/bpf",
    // The manager sets limits of the whole kernel; those are this machine's.
    ...["/proc/sys/fs", "/proc/sys/kernel"].map(
      (path) => `mount --bind ${path} ${path}; mount -o remount,bind,ro ${path}`,
    ),
    // PrivateTmp makes folders in them that only a machine's end by itself would remove.
    "mount -t tmpfs tmpfs /tmp",
    "mount -t tmpfs tmpfs /var/tmp",
    "ip link set lo up",
    "export container=gwlb",
    `exec ${MANAGER} --system --unit=multi-user.target --log-target=console --show-status=0`,
  ].join("\n");
}

async function started(manager: ChildProcess, output: () => string): Promise<SystemdMachine> {
  const pid = await eventually("systemd's process", () => {
    if (manager.exitCode !== null) throw new Error(`systemd did not start: ${output()}`);
    const [child] = childrenOf(manager.pid ?? 0);
    return child !== undefined && readFileSync(`/proc/${child}/comm`, "utf8").trim() === "systemd" ? child : undefined;
  });
  const exec = (...argv: string[]): string => {
    const { stdout, stderr } = spawnSync("nsenter", ["--target", pid, "--all", "--", ...argv], {
      encoding: "utf8",
      timeout: EXEC_TIMEOUT_MS,
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" },
    });
    return stdout + stderr;
  };
  const machine: SystemdMachine = {
    exec,
    property: (unit, name) => exec("systemctl", "show", "--value", `--property=${name}`, unit).trim(),
  };
  await eventually("multi-user.target", () =>
    machine.property("multi-user.target", "ActiveState") === "active" ? true : undefined,
  );
  return machine;
}

function childrenOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8")
      .split(" ")
      .filter(Boolean);
  } catch {
    return []; // it has ended
  }
}

/** Where the unified hierarchy is mounted. */
function cgroup2(): string | undefined {
  if (process.platform !== "linux") return undefined;
  return /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8"))?.[1];
}

/** @returns whether a group and those in it could be removed: not before their processes have ended */
function removeCgroup(path: string): boolean {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) removeCgroup(join(path, entry.name));
    }
    rmdirSync(path);
    return true;
  } catch {
    return !existsSync(path);
  }
}
