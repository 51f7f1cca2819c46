import { ChildProcess, execFileSync, spawn, SpawnOptions } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** One end of a veth pair. */
export interface LinkEnd {
  /** A name from `hosts`. */
  readonly host: string;
  /** Interface name inside the namespace, at most 15 characters; any name, for it is created there. */
  readonly name: string;
  /** Addresses with prefix length, IPv4 or IPv6. @default - none */
  readonly addresses?: readonly string[];
  /** @default 1500 */
  readonly mtu?: number;
  /** @default - chosen by the kernel */
  readonly mac?: string;
}

/** What is brought up: namespaces and the veth pairs between them. */
export interface NamespacePlan {
  readonly hosts: readonly string[];
  readonly links?: readonly (readonly [LinkEnd, LinkEnd])[];
}

/** Namespaces that exist while the body of `withNamespaces` runs. */
export interface Namespaces {
  /** The namespace's real name, unique per call: for `ip netns exec`. */
  nameOf(host: string): string;
  /** A fresh directory, removed afterwards. */
  readonly directory: string;
  /** A mounted BPF file system, unmounted afterwards. */
  readonly bpffs: string;
  /** Runs a command in a namespace and returns what it printed. @throws Error with the command, its exit status and what it printed */
  exec(host: string, ...command: string[]): string;
  /** Starts a process in a namespace (same mounts as the caller); it is killed afterwards. */
  spawn(host: string, command: readonly string[], options?: SpawnOptions): ChildProcess;
}

let created = 0;

/** Makes uniquely named namespaces, runs `body`, and removes namespaces, processes, mounts and files whatever happens. */
export async function withNamespaces<T>(
  plan: NamespacePlan,
  body: (namespaces: Namespaces) => Promise<T> | T,
): Promise<T> {
  const run = `gw${process.pid.toString(36)}${(created++).toString(36)}`;
  const nameOf = (host: string) => {
    if (!plan.hosts.includes(host)) throw new Error(`namespaces: unknown host, got ${host}; add it to hosts`);
    return `${run}-${host}`;
  };
  const directory = mkdtempSync(join(tmpdir(), `${run}-`));
  const bpffs = join(directory, "bpf");
  const children: ChildProcess[] = [];
  const namespaces: Namespaces = {
    nameOf,
    directory,
    bpffs,
    exec: (host, ...command) => ip("netns", "exec", nameOf(host), ...command),
    spawn: (host, command, options = {}) => {
      const child = spawn("nsenter", [`--net=/run/netns/${nameOf(host)}`, "--", ...command], options);
      children.push(child);
      return child;
    },
  };
  try {
    mkdirSync(bpffs);
    execFileSync("mount", ["-t", "bpf", "bpf", bpffs]);
    for (const host of plan.hosts) {
      ip("netns", "add", nameOf(host));
      ip("-n", nameOf(host), "link", "set", "lo", "up");
    }
    plan.links?.forEach((ends, index) => {
      connect(nameOf, `${run}${index.toString(36)}`, ends);
    });
    return await body(namespaces);
  } finally {
    for (const host of plan.hosts) endProcesses(`${run}-${host}`);
    await Promise.all(children.map(ended));
    for (const host of plan.hosts) if (existsSync(`/run/netns/${run}-${host}`)) ip("netns", "del", `${run}-${host}`);
    if (readFileSync("/proc/mounts", "utf8").includes(` ${bpffs} `)) execFileSync("umount", ["-l", bpffs]);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Milliseconds between two probes, at least. */
const PROBE_INTERVAL_MS = 20;

/** Calls `probe` until it returns something, and returns that. @throws Error with the last observation after `deadlineSeconds` */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  lastSeen: () => string = () => "nothing",
  deadlineSeconds = 10,
): Promise<T> {
  const end = Date.now() + deadlineSeconds * 1000;
  for (;;) {
    const started = Date.now();
    const result = await probe();
    if (result !== undefined) return result;
    if (Date.now() > end) throw new Error(`${what}: not within ${String(deadlineSeconds)} s; last seen: ${lastSeen()}`);
    // A probe that starts programs has at most half of the time: what is waited for needs the processor, too.
    await wait(Math.max(PROBE_INTERVAL_MS, Date.now() - started));
  }
}

function ip(...parameters: string[]): string {
  try {
    return execFileSync("ip", parameters, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    throw new Error(`ip ${parameters.join(" ")}: exit ${String(status)}\n${stdout}${stderr}`, { cause: error });
  }
}

function connect(nameOf: (host: string) => string, name: string, [a, b]: readonly [LinkEnd, LinkEnd]): void {
  const end = (link: LinkEnd) => [
    ...["name", link.name, "netns", nameOf(link.host)],
    ...(link.mac ? ["address", link.mac] : []),
  ];
  ip("-n", nameOf(a.host), "link", "add", `${name}a`.slice(-15), "type", "veth", "peer", ...end(b));
  ip("-n", nameOf(a.host), "link", "set", `${name}a`.slice(-15), "name", a.name, ...(a.mac ? ["address", a.mac] : []));
  for (const link of [a, b]) {
    const on = ["-n", nameOf(link.host)];
    if (link.mtu) ip(...on, "link", "set", link.name, "mtu", String(link.mtu));
    for (const address of link.addresses ?? [])
      ip(...on, "address", "add", address, "dev", link.name, ...(address.includes(":") ? ["nodad"] : []));
    ip(...on, "link", "set", link.name, "up");
  }
}

/** A namespace outlives its name while a process runs in it: end them first. */
function endProcesses(namespace: string): void {
  if (!existsSync(`/run/netns/${namespace}`)) return;
  for (const pid of ip("netns", "pids", namespace).split("\n").filter(Boolean)) {
    if (Number(pid) === process.pid) continue;
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => {
      resolve();
    });
    child.kill("SIGKILL");
  });
}

/** Names of namespaces that this process has made and not removed: for tests of the helper itself. */
export const leftovers = (): string[] =>
  (existsSync("/run/netns") ? readdirSync("/run/netns") : []).filter((name) =>
    name.startsWith(`gw${process.pid.toString(36)}`),
  );
