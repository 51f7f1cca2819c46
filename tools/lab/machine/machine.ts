import { execFile, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { controlGroupRoot, inControlGroup, processesOf } from "./control-group";
import { machineSetUp, MANAGER } from "./machine-set-up";

/** Milliseconds for systemd to reach multi-user.target. */
const BOOT_TIMEOUT_MS = 20_000;

/** Of one program in the machine: a boot takes seconds. */
const EXEC_TIMEOUT_MS = 60_000;

/** Units that others refer to; a machine has no other one but those that it is given. */
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

/** What a machine has at its start. */
export interface MachineOptions {
  /** An empty folder of the caller's, to be removed after the machine. */
  readonly directory: string;
  readonly hostname: string;
  /** Text of files by absolute path below /etc, /opt, /srv, /usr/local, /var/lib or /var/log; those with `#!` can be run. */
  readonly files: Readonly<Record<string, string>>;
  /** Units of this machine that the other one has, too. @default - none */
  readonly unitsOfThisMachine?: readonly string[];
  /** File of the network namespace that it lives in. @default - an empty one of its own */
  readonly networkNamespace?: string;
  /** An empty control group of the caller's, which ends the machine when it is removed. */
  readonly controlGroup: string;
}

/** What a program in a machine did. */
export interface Executed {
  /** Exit status; 128 and more when a signal ended it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Why no machine can be started here, or nothing. */
export const noMachine: string | undefined = !existsSync(MANAGER)
  ? `no systemd at ${MANAGER}`
  : controlGroupRoot() === undefined
    ? "no cgroup2 file system"
    : undefined;

/** A machine that runs: a real systemd with processes, mounts, hostname and control groups of its own. */
export class Machine {
  /** @param pid of its systemd */
  constructor(readonly pid: number) {}

  /** Command line that runs another in the machine. */
  inMachine(command: readonly string[]): [string, ...string[]] {
    return [
      ...(["nsenter", "--target", String(this.pid), "--all", "--", "env", "-i"] as const),
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      `HOME=/root`,
      `TERM=${process.env.TERM ?? "dumb"}`,
      ...command,
    ];
  }

  /** Runs a program in the machine. */
  exec(...command: string[]): Executed {
    const [program, ...parameters] = this.inMachine(command);
    const { status, signal, stdout, stderr } = spawnSync(program, parameters, {
      encoding: "utf8",
      timeout: EXEC_TIMEOUT_MS,
      maxBuffer: 256 * 1024 * 1024,
    });
    return { status: status ?? (signal ? 128 : 127), stdout, stderr };
  }

  /** A property of a unit, as `systemctl show` has it. */
  property(unit: string, name: string): string {
    return this.exec("systemctl", "show", "--value", `--property=${name}`, unit).stdout.trim();
  }
}

/**
 * Starts a machine and waits for its systemd to have booted.
 *
 * It lives until its control group is removed, also when this process has ended.
 *
 * @throws Error with what systemd said when it does not boot
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const { directory, networkNamespace, controlGroup } = options;
  writeFiles(options);
  const consoleFile = join(directory, "console.log");
  const output = openSync(consoleFile, "w");
  const [program, ...parameters] = inControlGroup(controlGroup, [
    "nsenter",
    `--net=${networkNamespace ?? "/proc/self/ns/net"}`,
    "--",
    "unshare",
    ...["--pid", "--mount", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child"],
    ...(networkNamespace === undefined ? ["--net"] : []),
    "sh",
    "-c",
    machineSetUp(options),
  ]);
  const launcher = spawn(program, parameters, { detached: true, stdio: ["ignore", output, output] });
  closeSync(output);
  launcher.unref();
  const deadline = Date.now() + BOOT_TIMEOUT_MS;
  for (;;) {
    const pid = managerOf(controlGroup);
    const machine = pid === undefined ? undefined : new Machine(pid);
    if (machine && (await isBooted(machine))) return machine;
    if (launcher.exitCode !== null || launcher.signalCode !== null || Date.now() > deadline) {
      const said = readFileSync(consoleFile, "utf8").slice(-4000);
      throw new Error(`lab: systemd of ${options.hostname} did not boot, got: ${said || "no output"}`);
    }
    await wait(20);
  }
}

function writeFiles({ directory, files, hostname, unitsOfThisMachine = [] }: MachineOptions): void {
  const units = join(directory, "units");
  for (const folder of [units, join(directory, "own"), join(directory, "files")])
    mkdirSync(folder, { recursive: true });
  const wanted: Readonly<Record<string, readonly string[]>> = {
    "multi-user": ["timers.target", "paths.target", "sockets.target"],
    sockets: unitsOfThisMachine.filter((unit) => unit.endsWith(".socket")),
  };
  for (const target of TARGETS) {
    const wants = (wanted[target] ?? []).map((unit) => `Wants=${unit}\n`).join("");
    writeFileSync(join(units, `${target}.target`), `[Unit]\nDescription=${target}\nDefaultDependencies=no\n${wants}`);
  }
  for (const unit of unitsOfThisMachine) copyFileSync(join("/lib/systemd/system", unit), join(units, unit));
  for (const [path, text] of Object.entries({ "/etc/hostname": `${hostname}\n`, ...files })) {
    const own = join(directory, "files", path);
    mkdirSync(dirname(own), { recursive: true });
    writeFileSync(own, text);
    chmodSync(own, text.startsWith("#!") ? 0o755 : 0o644);
  }
}

/** The first process of the machine's process namespace, once it is systemd. */
function managerOf(controlGroup: string): number | undefined {
  return processesOf(controlGroup).find((pid) => {
    try {
      const status = readFileSync(`/proc/${String(pid)}/status`, "utf8");
      return /^NSpid:.*\t1$/m.test(status) && /^Name:\tsystemd$/m.test(status);
    } catch {
      return false; // it has ended
    }
  });
}

function isBooted(machine: Machine): Promise<boolean> {
  const [program, ...parameters] = machine.inMachine(["systemctl", "is-active", "multi-user.target"]);
  return new Promise((resolve) => {
    execFile(program, parameters, (error) => {
      resolve(error === null);
    });
  });
}
