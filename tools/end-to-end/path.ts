import { ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AgentConfiguration } from "../../appliance-agent/src/rules/agent-configuration";
import { eventually, Namespaces, withNamespaces } from "../netns/namespaces";
import { compiledProgram } from "./compiled-program";
import type { GwlbRequest, GwlbStatistics } from "./gwlb-child";

/** The endpoint whose packets the emulator sends. */
export const ENDPOINT = "0123456789abcd00";

/** Addresses of the hosts on both sides of the load balancer. */
export const CLIENT = { ipv4: "10.1.0.5", ipv6: "fd01::5" } as const;
/** An address that only the load balancer leads to. */
export const SERVER = { ipv4: "203.0.113.5", ipv6: "2001:db8::5" } as const;

const ROOT = join(__dirname, "../..");
const PROGRAM = "appliance-agent/src/main.ts";
const OBJECTS = ["--bpf-dir", join(ROOT, "appliance-agent/ebpf")];
/** The agent has no capability here that it does not have on an appliance. */
const AS_UNIT = [
  "setpriv",
  `--bounding-set=-all,${unitCapabilities()
    .map((name) => `+${name}`)
    .join(",")}`,
];
const UNDERLAY_MTU = 9001;
const INNER_MTU = 8500;

/** A client and a server with a load balancer and an appliance between them, each in a namespace of its own. */
export interface Path extends Namespaces {
  /** Asks the load balancer, and returns what came of the packets so far. */
  ask(request: GwlbRequest): Promise<GwlbStatistics>;
  /** Starts the agent on the appliance; returns when it says it is ready. */
  startAgent(configuration: unknown, options?: AgentOptions): Promise<RunningAgent>;
  /** Runs a command of the agent on the appliance, and returns its exit code and what it printed. */
  agent(...command: string[]): CommandResult;
}

/** How a command ended. */
export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** How an agent is started. */
export interface AgentOptions {
  /** More flags of `run`. */
  readonly flags?: readonly string[];
  /** Besides the test's own. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default true */
  readonly waitUntilReady?: boolean;
  /** Program and arguments before `run`. @default - the source tree's */
  readonly program?: readonly string[];
}

/** An agent that was started. */
export interface RunningAgent {
  readonly process: ChildProcess;
  /** Where its configuration is; write another one here. */
  readonly configurationPath: string;
  /** Everything that it has logged. */
  log(): string;
  /** Status and body of a path of its health server. */
  health(path: string): { readonly status: number; readonly body: string };
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Brings the path up, and removes it whatever happens. */
export function withPath<T>(body: (path: Path) => Promise<T>, { underlayMtu = UNDERLAY_MTU } = {}): Promise<T> {
  const gwlbEnd = { host: "gwlb", name: "g0", addresses: ["10.99.0.1/24"], mtu: underlayMtu };
  const applianceEnd = { host: "appliance", name: "a0", addresses: ["10.99.0.2/24"], mtu: underlayMtu };
  const plan = { hosts: ["gwlb", "appliance", "client", "server"], links: [[gwlbEnd, applianceEnd]] as const };
  return withNamespaces(plan, async (namespaces) => {
    const { exec } = namespaces;
    exec("appliance", "ip", "route", "add", "default", "via", "10.99.0.1", "metric", "512");
    /* The emulator reads frames raw: what leaves must be whole packets with checksums, as on a wire. */
    exec("appliance", "ethtool", "-K", "a0", "tx", "off", "tso", "off", "tx-udp_tnl-segmentation", "off");
    const mac = (host: string, device: string) => exec(host, "cat", `/sys/class/net/${device}/address`).trim();
    await eventually(
      "the link is up, its IPv6 address settled",
      () => / scope link *\n/.test(exec("appliance", "ip", "-6", "address", "show", "dev", "a0")) || undefined,
    );
    const child = namespaces.spawn(
      "gwlb",
      [...compiledProgram("tools/end-to-end/gwlb-child.ts"), "g0", mac("gwlb", "g0"), mac("appliance", "a0"), ENDPOINT],
      { stdio: ["ignore", "inherit", "inherit", "ipc"], cwd: ROOT },
    );
    await once(child, "message");
    side(namespaces, "client", CLIENT);
    side(namespaces, "server", SERVER);
    const path: Path = {
      ...namespaces,
      ask: async (request) => {
        child.send(request);
        return ((await once(child, "message")) as [GwlbStatistics])[0];
      },
      startAgent: (configuration, options) => startAgent(namespaces, configuration, options),
      agent: (...command) => runCommand(namespaces, command),
    };
    return body(path);
  });
}

/** Moves the emulator's TUN to the host that it stands for. */
function side({ exec, nameOf }: Namespaces, host: string, { ipv4, ipv6 }: { ipv4: string; ipv6: string }): void {
  exec("gwlb", "ip", "link", "set", host, "netns", nameOf(host));
  exec(host, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv4.conf.all.rp_filter=0");
  exec(host, "ip", "link", "set", host, "mtu", String(INNER_MTU), "up");
  exec(host, "ip", "address", "add", `${ipv4}/32`, "dev", host);
  exec(host, "ip", "address", "add", `${ipv6}/128`, "dev", host, "nodad");
  exec(host, "ip", "route", "add", "default", "dev", host);
  exec(host, "ip", "-6", "route", "add", "default", "dev", host);
}

function runCommand(namespaces: Namespaces, command: readonly string[]): CommandResult {
  const program = [...compiledProgram(PROGRAM), ...command, ...directories(namespaces)];
  const argv = ["netns", "exec", namespaces.nameOf("appliance"), ...AS_UNIT, ...program];
  const { status, stdout, stderr } = spawnSync("ip", argv, { encoding: "utf8", cwd: ROOT });
  return { code: status, out: stdout, err: stderr };
}

function directories({ directory, bpffs }: Namespaces): string[] {
  return ["--pins", join(bpffs, "agent"), "--run-dir", join(directory, "run")];
}

async function startAgent(
  namespaces: Namespaces,
  configuration: unknown,
  options: AgentOptions = {},
): Promise<RunningAgent> {
  const { directory } = namespaces;
  const configurationPath = join(directory, "agent.json");
  writeFileSync(configurationPath, JSON.stringify(configuration));
  const logPath = join(directory, "agent.log");
  const log = createWriteStream(logPath, { flags: "a" });
  await once(log, "open");
  const program = options.program ?? compiledProgram(PROGRAM);
  const state = [
    ...OBJECTS,
    "--config",
    configurationPath,
    "--state-dir",
    join(directory, "state"),
    "--drain-seconds",
    "0",
  ];
  /* `ip netns exec` also shows the namespace's own /sys/class/net, as a machine of its own would. */
  const child = namespaces.spawn(
    "appliance",
    [
      "ip",
      "netns",
      "exec",
      namespaces.nameOf("appliance"),
      /* What is measured is the agent, not how many other programs want the processor. */
      ...["nice", "-n", "-10"],
      ...AS_UNIT,
      ...program,
      "run",
      ...state,
      ...directories(namespaces),
      ...(options.flags ?? []),
    ],
    {
      stdio: ["ignore", log, log],
      cwd: ROOT,
      env: { ...process.env, ...options.environment },
    },
  );
  const agent: RunningAgent = {
    process: child,
    configurationPath,
    log: () => readFileSync(logPath, "utf8"),
    health: (path) => health(namespaces, path),
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, "exit");
      }
      return child.exitCode;
    },
  };
  if (options.waitUntilReady ?? true)
    await eventually(
      "the agent is ready",
      () => {
        if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}:\n${agent.log()}`);
        return agent.health("/readyz").status === 200 || undefined;
      },
      () => `${agent.health("/readyz").body}\n${agent.log()}`,
      20,
    );
  return agent;
}

function health({ exec }: Namespaces, path: string): { status: number; body: string } {
  try {
    const output = exec("appliance", "curl", "-s", "-m", "2", "-w", "\n%{http_code}", `http://127.0.0.1:8080${path}`);
    const end = output.lastIndexOf("\n");
    return { status: Number(output.slice(end + 1)), body: output.slice(0, end) };
  } catch {
    return { status: 0, body: "no answer" };
  }
}

/** What systemd leaves the agent of root's capabilities, as setpriv writes them. */
function unitCapabilities(): string[] {
  const unit = join(ROOT, "appliance-agent/systemd/appliance/etc/systemd/system/gwlb-agent.service");
  const [, names = ""] = /^CapabilityBoundingSet=(.*)$/m.exec(readFileSync(unit, "utf8")) ?? [];
  return names.split(" ").map((name) => name.toLowerCase().replace("cap_", ""));
}

/** A configuration with the emulator's address as its only source. */
export function configured<T extends Partial<AgentConfiguration>>(preset: T): T {
  return { ...preset, geneveSources: ["10.99.0.0/24"] };
}
