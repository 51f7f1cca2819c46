import { once } from "node:events";
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compiledProgram } from "../../__tests__/appliance-agent/e2e/compiled";
import type { AgentConfiguration } from "../../appliance-agent/src/rules/agent-configuration";
import { receivingThread, type Appliance } from "./appliance";
import type { Contestant } from "./contestant";
import { CORES } from "./cores";
import { returnsPackets } from "./returns-packets";

const ROOT = join(__dirname, "../..");

/** A configuration with what only the running appliance knows left out. */
export type AgentSettings = Pick<Contestant, "name" | "tracksConnections"> & {
  /** @param underlayInterface where GENEVE arrives */
  readonly configuration: (underlayInterface: string) => AgentConfiguration;
};

/** Our agent: the program itself, started as a service would start it. */
export function agentContestant({ configuration, ...contestant }: AgentSettings): Contestant {
  const { hook, rules } = configuration("eth0");
  return {
    ...contestant,
    hook,
    rules: rules.length,
    offered: [0],
    start: async (appliance) => {
      await startAgent(appliance, configuration(appliance.device));
      return { appliance, pids: () => [receivingThread(appliance)] };
    },
  };
}

/** Not on the data path's processor: what is measured there is the kernel's work for packets, and nothing else. */
async function startAgent(appliance: Appliance, configuration: AgentConfiguration): Promise<void> {
  const { namespaces } = appliance;
  const directory = join(namespaces.directory, appliance.appliance);
  mkdirSync(directory);
  const file = join(directory, "agent.json");
  writeFileSync(file, JSON.stringify(configuration));
  const logFile = join(directory, "agent.log");
  const log = createWriteStream(logFile);
  await once(log, "open");
  const program = ["taskset", "-c", String(CORES.generator), ...compiledProgram("appliance-agent/src/main.ts")];
  const directories = [
    ...["--config", file, "--state-dir", join(directory, "state"), "--run-dir", join(directory, "run")],
    ...["--pins", join(namespaces.bpffs, appliance.appliance), "--bpf-dir", join(ROOT, "appliance-agent/ebpf")],
  ];
  const command = ["ip", "netns", "exec", namespaces.nameOf(appliance.appliance), ...program, "run", ...directories];
  const agent = namespaces.spawn(appliance.appliance, command, { cwd: ROOT, stdio: ["ignore", log, log] });
  await returnsPackets(appliance, () =>
    agent.exitCode === null ? undefined : `the agent ended with ${agent.exitCode}:\n${readFileSync(logFile, "utf8")}`,
  );
}
