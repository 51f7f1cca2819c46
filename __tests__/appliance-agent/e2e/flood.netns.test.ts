import { join } from "node:path";
import { ROUTED_SYSCTLS } from "../../../appliance-agent/src/rules/routed-sysctls";
import { describeAsRoot, eventually } from "../../support/namespaces";
import { TABLE_RULES } from "../ebpf/inbound-packets";
import { compiledProgram } from "./compiled";
import type { FloodResult } from "./flood-child";
import { Path, RunningAgent, withPath } from "./path";

jest.setTimeout(120_000);

const FRAMES = 100_000;
/** At most; half of it where the machine has the time. */
const SECONDS = 10;
const SEED = 20_261_122;
const CONFIGURATION = { version: 1, geneveSources: ["10.2.0.0/24"], rules: TABLE_RULES };
const MODES = {
  hairpin: { ...CONFIGURATION, mode: "hairpin" },
  routed: { ...CONFIGURATION, mode: "routed", sysctls: ROUTED_SYSCTLS },
} as const;
/** Reasons of encap: what leaves the host, not what came. */
const OUTBOUND = ["no_flow", "not_ip", "link_multicast"];

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

function read(agent: RunningAgent): Counters {
  const samples = agent.health("/metrics").body.matchAll(/^gwlb_agent_(packets|drops)_total\{\w+="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...samples].map(([, , name = "", count]) => [name, Number(count)]));
}

const received = (path: Path) =>
  Number(path.exec("appliance", "cat", "/sys/class/net/a0/statistics/rx_packets").trim());

const sum = (counters: Counters) => Object.values(counters).reduce((total, count) => total + count, 0);

/** By what became of a frame that came, or why it was dropped. */
function inbound({ encapsulated: _, ...counters }: Counters): Counters {
  return Object.fromEntries(
    Object.entries(counters).filter(([name, count]) => count > 0 && !OUTBOUND.includes(name) && !/^flows/.test(name)),
  );
}

function grown(now: Counters, before: Counters): Counters {
  return Object.fromEntries(Object.entries(now).map(([name, count]) => [name, count - (before[name] ?? 0)]));
}

function startFlood(path: Path, mode: string) {
  const program = compiledProgram("__tests__/appliance-agent/e2e/flood-child.ts");
  const argv = [...program, "g0", mode, ...[FRAMES, SECONDS, SEED].map(String)];
  return path.spawn("gwlb", argv, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    cwd: join(__dirname, "../../.."),
  });
}

describeAsRoot("a live flood of mutated packets", () => {
  test.each(["hairpin", "routed"] as const)("harms neither the agent nor a well-formed flow: %s", async (mode) => {
    await withPath(async (path) => {
      await path.ask({ ask: "rest" });
      quieten(path);
      const agent = await path.startAgent(MODES[mode]);
      const [before, receivedBefore] = [read(agent), received(path)];
      const child = startFlood(path, mode);
      const outcome = { result: undefined as FloodResult | undefined };
      child.once("message", (message: FloodResult) => (outcome.result = message));
      const answers: { readonly status: number; readonly body: string }[] = [];
      await eventually(
        "the flood is over",
        async () => {
          answers.push(agent.health("/readyz"));
          if (child.exitCode !== null) throw new Error(`the flood ended with ${child.exitCode}`);
          await new Promise((resolve) => setTimeout(resolve, 200));
          return outcome.result;
        },
        agent.log,
        60,
      );
      const result = outcome.result as FloodResult;
      const arrived = received(path) - receivedBefore;
      const counters = await eventually(
        "every frame is counted once",
        () => {
          const all = grown(read(agent), before);
          return sum(inbound(all)) === arrived ? all : undefined;
        },
        () => `${arrived} frames, ${JSON.stringify(grown(read(agent), before))}`,
      );
      process.stdout.write(`${mode}: ${JSON.stringify({ ...result, arrived, counted: inbound(counters) })}\n`);
      expect(arrived).toBe(result.sent);
      expect(result.sent).toBeGreaterThan(FRAMES / 10);
      expect(Object.keys(inbound(counters)).length).toBeGreaterThan(15);
      expect(result.wrong).toEqual({});
      expect(result.wellFormed.returned).toBe(result.wellFormed.sent);
      expect(result.received).toBe(mode === "hairpin" ? counters.returned : counters.encapsulated);
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect(answers.length).toBeGreaterThan(3);
      expect([agent.process.exitCode, agent.process.signalCode]).toEqual([null, null]);
      expect(agent.log().split("\n").length).toBeLessThan(200);
    });
  });
});
