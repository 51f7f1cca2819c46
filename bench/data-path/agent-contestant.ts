import { join } from "node:path";
import { compiledProgram } from "../../tools/end-to-end/compiled-program";
import type { AgentConfiguration } from "../../appliance-agent/src/rules/agent-configuration";
import type { ConfigurationOf } from "./configurations";
import { receivingThread, type Appliance } from "./appliance";
import type { Contestant } from "./contestant";
import { CORES } from "./cores";
import { launchAgent } from "./launch-agent";
import { returnsPackets } from "./returns-packets";

const ROOT = join(__dirname, "../..");

/** A configuration with what only the running appliance knows left out. */
export type AgentSettings = Pick<Contestant, "name" | "tracksConnections"> & {
  readonly configuration: ConfigurationOf;
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
  const program = ["taskset", "-c", String(CORES.generator), ...compiledProgram("appliance-agent/src/main.ts")];
  const objects = ["--bpf-dir", join(ROOT, "appliance-agent/ebpf")];
  const { process: agent, log } = await launchAgent(appliance, configuration, program, objects);
  await returnsPackets(appliance, () =>
    agent.exitCode === null ? undefined : `the agent ended with ${agent.exitCode}:\n${log()}`,
  );
}
