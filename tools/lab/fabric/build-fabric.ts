import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { Fabric, Link, LinkEnd, Step } from "./fabric";

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
export function buildFabric(lab: string, { hosts, links, steps }: Fabric): void {
  ip(
    [],
    hosts.map((host) => ["netns", "add", namespaceOf(lab, host)]),
  );
  for (const host of hosts) {
    // Router solicitations and the like would be packets that the scenario did not send.
    const sysctl = ["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"];
    runStep(lab, { host, command: sysctl });
  }
  ip(
    [],
    links.map((link) => addCable(lab, link)),
  );
  const ends = links.flatMap((link) => link.ends);
  for (const host of hosts) {
    prepare(
      lab,
      host,
      ends.filter((end) => end.host === host),
    );
  }
  runSteps(lab, steps);
}

/** Ends every process in the lab's namespaces and deletes them. Harmless when there are none. */
export function removeFabric(lab: string): void {
  const names = existsSync(NAMESPACES) ? readdirSync(NAMESPACES).filter((name) => name.startsWith(`${lab}-`)) : [];
  for (const name of names) unlessGone(name, endProcesses);
  for (const name of names) unlessGone(name, (one) => run(["ip", "netns", "del", one]));
}

/** The lab's own process may remove it at the same time. */
function unlessGone(name: string, act: (name: string) => void): void {
  try {
    act(name);
  } catch (error) {
    if (existsSync(`${NAMESPACES}/${name}`)) throw error;
  }
}

/** Runs one step and returns what it printed. */
export function runStep(lab: string, { host, command, input }: Step): string {
  return run([...inNamespace(lab, host), ...command], input);
}

/** Both ends are made where they belong, under their own names. */
function addCable(lab: string, { ends: [a, b], mtu }: Link): string[] {
  const end = ({ host, name, mac }: LinkEnd): string[] => [
    ...["name", name, "netns", namespaceOf(lab, host), "address", mac, "mtu", String(mtu)],
  ];
  return ["link", "add", ...end(a), "type", "veth", "peer", ...end(b)];
}

/** Gives a host's interfaces their addresses and brings them up. */
function prepare(lab: string, host: string, ends: readonly LinkEnd[]): void {
  for (const { name, addresses } of ends) {
    if (addresses.some((address) => address.includes(":"))) {
      runStep(lab, { host, command: ["sysctl", "-qw", `net.ipv6.conf.${name}.disable_ipv6=0`] });
    }
    // As on a wire: every packet has its real length and a finished checksum.
    const command = ["ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off", "gro", "off"];
    runStep(lab, { host, command });
  }
  const up = (name: string): string[] => ["link", "set", name, "up"];
  const commands = ends.flatMap(({ name, addresses }) => [
    ...addresses.map((one) => ["address", "add", one, "dev", name, ...(one.includes(":") ? ["nodad"] : [])]),
    up(name),
  ]);
  ip(["-n", namespaceOf(lab, host)], [up("lo"), ...commands]);
}

/** Runs steps in their order, those of ip(8) that follow each other in one process: it takes most of the time to start. */
function runSteps(lab: string, steps: readonly Step[]): void {
  let batch: { readonly flags: readonly string[]; readonly commands: string[][] } | undefined;
  const flush = (): void => {
    if (batch) ip(batch.flags, batch.commands);
    batch = undefined;
  };
  for (const step of steps) {
    const [program, ...words] = step.command;
    if (program !== "ip") {
      flush();
      runStep(lab, step);
      continue;
    }
    const first = words.findIndex((word) => !word.startsWith("-"));
    const flags = ["-n", namespaceOf(lab, step.host), ...words.slice(0, first)];
    if (batch?.flags.join(" ") !== flags.join(" ")) flush();
    batch ??= { flags, commands: [] };
    batch.commands.push(words.slice(first));
  }
  flush();
}

/** Several commands of ip(8) in one process. */
function ip(flags: readonly string[], commands: readonly (readonly string[])[]): void {
  run(["ip", ...flags, "-batch", "-"], commands.map((words) => `${words.join(" ")}\n`).join(""));
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
