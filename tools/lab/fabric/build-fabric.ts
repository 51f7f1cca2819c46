import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { Fabric, Link, Step } from "./fabric";

const NAMESPACES = "/run/netns";

/** The real name of a host's namespace in the lab `lab`. */
export const namespaceOf = (lab: string, host: string): string => `${lab}-${host}`;

/** Command that runs another in a host's namespace, with this process's mounts. */
export const inNamespace = (lab: string, host: string): readonly [string, ...string[]] => [
  "nsenter",
  `--net=${NAMESPACES}/${namespaceOf(lab, host)}`,
  "--",
];

/**
 * Makes a network of namespaces, all of whose names begin with `<lab>-`.
 *
 * @throws Error with the command that failed and what it printed; what was made until then is left for `removeFabric`
 */
export function buildFabric(lab: string, fabric: Fabric): void {
  for (const host of fabric.hosts) addNamespace(lab, host);
  fabric.links.forEach((link, index) => {
    connect(lab, link, index);
  });
  for (const step of fabric.steps) runStep(lab, step);
}

/** Ends every process in the lab's namespaces and deletes them. Harmless when there are none. */
export function removeFabric(lab: string): void {
  const names = existsSync(NAMESPACES) ? readdirSync(NAMESPACES).filter((name) => name.startsWith(`${lab}-`)) : [];
  for (const name of names) endProcesses(name);
  for (const name of names) run(["ip", "netns", "del", name]);
}

/** Runs one step and returns what it printed. */
export function runStep(lab: string, { host, command, input }: Step): string {
  return run([...inNamespace(lab, host), ...command], input);
}

function addNamespace(lab: string, host: string): void {
  run(["ip", "netns", "add", namespaceOf(lab, host)]);
  // Router solicitations and the like would be packets that the scenario did not send.
  runStep(lab, {
    host,
    command: ["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"],
  });
  runStep(lab, { host, command: ["ip", "link", "set", "lo", "up"] });
}

function connect(lab: string, { ends, mtu }: Link, index: number): void {
  const [a, b] = ends;
  // Made under names that no other lab uses, in the first namespace, then renamed.
  const [x, y] = [`x${String(index)}`, `y${String(index)}`];
  const first = ["ip", "-n", namespaceOf(lab, a.host), "link"];
  const size = String(mtu);
  run([
    ...first,
    "add",
    x,
    "mtu",
    size,
    "type",
    "veth",
    "peer",
    "name",
    y,
    "mtu",
    size,
    "netns",
    namespaceOf(lab, b.host),
  ]);
  for (const [end, name] of [
    [a, x],
    [b, y],
  ] as const) {
    const ip = ["ip", "-n", namespaceOf(lab, end.host)];
    run([...ip, "link", "set", name, "name", end.name, "address", end.mac]);
    if (end.addresses.some((address) => address.includes(":"))) {
      runStep(lab, { host: end.host, command: ["sysctl", "-qw", `net.ipv6.conf.${end.name}.disable_ipv6=0`] });
    }
    for (const address of end.addresses) {
      run([...ip, "address", "add", address, "dev", end.name, ...(address.includes(":") ? ["nodad"] : [])]);
    }
    run([...ip, "link", "set", end.name, "up"]);
    // As on a wire: every packet has its real length and a finished checksum.
    runStep(lab, {
      host: end.host,
      command: ["ethtool", "-K", end.name, "tx", "off", "tso", "off", "gso", "off", "gro", "off"],
    });
  }
}

/** A namespace outlives its name while a process runs in it. */
function endProcesses(namespace: string): void {
  for (const pid of run(["ip", "netns", "pids", namespace]).split("\n").filter(Boolean)) {
    if (Number(pid) === process.pid) continue;
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

function run(command: readonly string[], input?: string): string {
  const [program = "", ...args] = command;
  if (input === undefined) return execute(program, args);
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: "utf8" });
  if (status !== 0)
    throw new Error(`${command.join(" ")}: failed, got exit code ${String(status)}: ${stderr}\n${input}`);
  return stdout;
}

function execute(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { status, stderr } = error as { status: number | null; stderr: string };
    throw new Error(`${[program, ...args].join(" ")}: failed, got exit code ${String(status)}: ${stderr}`, {
      cause: error,
    });
  }
}
