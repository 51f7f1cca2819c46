import { agentFiles } from "../agent/agent-files";
import { readAgentStatus, type AgentStatus } from "../agent/agent-status";
import type { Observation, PacketCounters } from "../datapath/data-path";
import { openPinnedDataPath } from "../datapath/open-pinned-data-path";
import { isLocked } from "../host/agent-lock";
import type { Command } from "./command";
import { EXIT, type ExitCode } from "./exit-code";
import { formatJson } from "./json";
import { JSON_OPTION, PATH_OPTIONS } from "./path-options";
import type { Terminal } from "./terminal";

/** What `status --json` prints. */
export interface StatusReport {
  readonly running: boolean;
  /** What the agent wrote last; it may have ended since. @default - no agent has run since boot */
  readonly agent?: AgentStatus;
  /** As the kernel says. @default - nothing is pinned */
  readonly dataPath?: Observation & { readonly packets: PacketCounters; readonly dropped: bigint };
}

/** `gwlb-agent status` */
export const status: Command = {
  description: [
    "Tells what is attached and whether the appliance is ready. Works while the agent does not run: the data path is in",
    "the kernel. Exit code 0: running and ready; 1: running, not ready; 3: not running, or nothing attached.",
  ].join("\n"),
  examples: [
    ["gwlb-agent status", "for a person"],
    ["gwlb-agent status --json | jq .agent.conditions", "for a script"],
  ],
  options: { ...JSON_OPTION, ...PATH_OPTIONS },
  capabilities: ["CAP_BPF"],
  async run(given, terminal) {
    const report = readReport(given.text("pins"), given.text("run-dir"));
    if (given.has("json")) terminal.out(formatJson(report));
    else print(terminal, report);
    return exitCode(report);
  },
};

function readReport(pins: string, run: string): StatusReport {
  const agent = readAgentStatus(agentFiles.status(run));
  const dataPath = openPinnedDataPath(pins);
  try {
    return {
      running: isLocked(pins),
      ...(agent === undefined ? {} : { agent }),
      ...(dataPath === undefined
        ? {}
        : {
            dataPath: {
              ...dataPath.observe(),
              packets: dataPath.readPacketCounters(),
              dropped: Object.values<bigint>(dataPath.readDropCounters()).reduce((sum, count) => sum + count, 0n),
            },
          }),
    };
  } finally {
    dataPath?.close();
  }
}

function exitCode({ running, agent, dataPath }: StatusReport): ExitCode {
  if (!running || !dataPath?.attached) return EXIT.notRunning;
  return agent?.ready ? EXIT.ok : EXIT.failed;
}

function print(terminal: Terminal, { running, agent, dataPath }: StatusReport): void {
  const line = (name: string, text: string) => terminal.out(`${name.padEnd(14)} ${text}`);
  line(
    "agent",
    running
      ? `running, pid ${agent?.pid ?? "?"}, version ${agent?.version ?? "?"}`
      : terminal.paint("red", "not running"),
  );
  if (dataPath === undefined) line("data path", terminal.paint("red", "not loaded"));
  else {
    const { attached, attachedBy, mode, hook, underlayInterface, underlayMtu, ruleCount, packets, dropped } = dataPath;
    const where = `${mode} by ${attachedBy ?? hook} on ${underlayInterface}, MTU ${underlayMtu ?? "unknown"}`;
    line("data path", attached ? `attached: ${where}` : terminal.paint("red", `loaded, not attached: ${where}`));
    line("rules", `${ruleCount} loaded (${dataPath.rulesId?.slice(0, 12) ?? "none"})`);
    line("GENEVE from", dataPath.sources.join(", "));
    line(
      "packets",
      `${packets.returned + packets.encapsulated} returned, ${dropped} dropped, ${packets.passed} not GENEVE`,
    );
  }
  if (agent === undefined) return;
  const { configuration } = agent;
  line(
    "configuration",
    `generation ${configuration.generation}, ${configuration.preset ?? "none"}, from ${configuration.origin ?? "nowhere"}`,
  );
  const { refused, unreadable, unsaved } = configuration;
  for (const problem of [refused, unreadable, unsaved, ...agent.hookFailures, ...(agent.notices ?? [])])
    if (problem !== undefined) line("problem", terminal.paint("yellow", problem));
  if (!running) return;
  line("ready", agent.ready ? terminal.paint("green", "yes") : terminal.paint("red", "no"));
  for (const { ok, name, detail } of agent.conditions) if (!ok) line("", `${name}: ${detail}`);
}
