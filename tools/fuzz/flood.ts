import { once } from "node:events";
import { join } from "node:path";
import { ROUTED_SYSCTLS } from "../../appliance-agent/src/rules/routed-sysctls";
import { compiledProgram } from "../end-to-end/compiled-program";
import { Path, RunningAgent, withPath } from "../end-to-end/path";
import { eventually } from "../netns/namespaces";
import { TABLE_RULES } from "../test-run/inbound-packets";
import type { FloodResult } from "./flood-child";

const CONFIGURATION = { version: 1, geneveSources: ["10.2.0.0/24"], rules: TABLE_RULES };
const MODES = {
  hairpin: { ...CONFIGURATION, mode: "hairpin" },
  routed: { ...CONFIGURATION, mode: "routed", sysctls: ROUTED_SYSCTLS },
} as const;

/** How the agent serves. */
export type FloodMode = keyof typeof MODES;

/** How much is sent. */
export interface FloodOptions {
  readonly frames: number;
  /** At most; half of it where the machine has the time. */
  readonly seconds: number;
  readonly seed: number;
}

/** What came of a flood of a running agent. */
export interface FloodReport extends FloodResult {
  /** Frames that the appliance's interface received. */
  readonly arrived: number;
  /** By what became of them, or why they were dropped; what left the host is not among them. */
  readonly counted: Counters;
  /** Packets that left by encap. */
  readonly encapsulated: number;
  /** How often `/readyz` was asked meanwhile, and the answers that were not 200. */
  readonly asked: number;
  readonly notReady: readonly string[];
  /** undefined: the agent runs. */
  readonly agentEnded: string | undefined;
  readonly logLines: number;
}

/** Lines that an agent may write about a flood: a sender must not fill its disk. */
const MOST_LOG_LINES = 200;

/**
 * Floods a running agent with mutated frames, a well-formed flow among them, over a link in namespaces of their own.
 *
 * @throws Error when the flood does not end, or some frame is not counted exactly once
 */
export function flood(mode: FloodMode, options: FloodOptions): Promise<FloodReport> {
  return withPath(async (path) => {
    await path.ask({ ask: "rest" });
    quieten(path);
    const agent = await path.startAgent(MODES[mode]);
    const [before, receivedBefore] = [readCounters(agent), framesReceived(path)];
    const { frames, seconds, seed } = options;
    const argv = [...compiledProgram("tools/fuzz/flood-child.ts"), "g0", mode, ...[frames, seconds, seed].map(String)];
    const child = path.spawn("gwlb", argv, {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      cwd: join(__dirname, "../.."),
    });
    const outcome = { result: undefined as FloodResult | undefined };
    void once(child, "message").then(([message]) => (outcome.result = message as FloodResult));
    const answers: { readonly status: number; readonly body: string }[] = [];
    const result = await eventually(
      "the flood is over",
      async () => {
        answers.push(agent.health("/readyz"));
        if (child.exitCode !== null) throw new Error(`flood: the sender ended, got exit ${child.exitCode}; see above`);
        await new Promise((resolve) => setTimeout(resolve, 200));
        return outcome.result;
      },
      agent.log,
      seconds + 50,
    );
    const arrived = framesReceived(path) - receivedBefore;
    const counters = await eventually(
      "every frame is counted once",
      () => {
        const all = grown(readCounters(agent), before);
        return sum(inbound(all)) === arrived ? all : undefined;
      },
      () => `${arrived} frames, ${JSON.stringify(grown(readCounters(agent), before))}`,
    );
    const { exitCode, signalCode } = agent.process;
    return {
      ...result,
      arrived,
      counted: inbound(counters),
      encapsulated: counters.encapsulated ?? 0,
      asked: answers.length,
      notReady: answers.filter(({ status }) => status !== 200).map(({ body }) => body),
      agentEnded: exitCode === null && signalCode === null ? undefined : String(signalCode ?? exitCode),
      logLines: agent.log().split("\n").length,
    };
  });
}

/** What is wrong with a report; nothing when every invariant held. */
export function floodProblems(mode: FloodMode, report: FloodReport): string[] {
  const { arrived, sent, wrong, wellFormed, received, counted, encapsulated, notReady, agentEnded, logLines } = report;
  const sentOn = mode === "hairpin" ? (counted.returned ?? 0) : encapsulated;
  return [
    ...(arrived === sent ? [] : [`${sent} frames were sent, ${arrived} arrived`]),
    ...Object.entries(wrong).map(([problem, frame]) => `a frame came back with ${problem}: ${frame}`),
    ...(wellFormed.returned === wellFormed.sent
      ? []
      : [`of ${wellFormed.sent} well-formed frames ${wellFormed.returned} came back`]),
    ...(received === sentOn ? [] : [`${sentOn} frames were counted as sent, ${received} came back`]),
    ...notReady.map((body) => `not ready during the flood: ${body}`),
    ...(agentEnded === undefined ? [] : [`the agent ended: ${agentEnded}`]),
    ...(logLines < MOST_LOG_LINES ? [] : [`the agent wrote ${logLines} lines`]),
  ];
}

/** Reasons of encap, of what leaves the host, and of the agent, of what was counted as handed up. */
const NOT_INBOUND = ["no_flow", "not_ip", "link_multicast", "waiting_full", "waiting_expired", "waiting_refused"];

/** The addresses of the mutated frames; and nobody but the flood sends anything. */
function quieten(path: Path): void {
  path.exec("appliance", "ip", "link", "set", "a0", "address", "02:00:00:00:00:02");
  path.exec("appliance", "ip", "address", "add", "10.2.0.20/32", "dev", "a0");
  path.exec("appliance", "ip", "neigh", "replace", "10.99.0.1", "lladdr", "02:00:00:00:00:01", "dev", "a0");
  path.exec("gwlb", "sysctl", "-qw", "net.ipv6.conf.g0.disable_ipv6=1");
  path.exec("gwlb", "ip", "link", "set", "g0", "arp", "off");
  path.exec("gwlb", "iptables", "-t", "raw", "-A", "PREROUTING", "-i", "g0", "-j", "DROP");
}

/** Packets by what became of them or by drop reason. */
type Counters = Readonly<Record<string, number>>;

function readCounters(agent: RunningAgent): Counters {
  const samples = agent.health("/metrics").body.matchAll(/^gwlb_agent_(packets|drops)_total\{\w+="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...samples].map(([, , name = "", count]) => [name, Number(count)]));
}

const framesReceived = (path: Path) =>
  Number(path.exec("appliance", "cat", "/sys/class/net/a0/statistics/rx_packets").trim());

const sum = (counters: Counters) => Object.values(counters).reduce((total, count) => total + count, 0);

/** By what became of a frame that came, or why it was dropped. */
function inbound({ encapsulated: _, ...counters }: Counters): Counters {
  return Object.fromEntries(
    Object.entries(counters).filter(
      ([name, count]) => count > 0 && !NOT_INBOUND.includes(name) && !/^flows/.test(name),
    ),
  );
}

function grown(now: Counters, before: Counters): Counters {
  return Object.fromEntries(Object.entries(now).map(([name, count]) => [name, count - (before[name] ?? 0)]));
}
