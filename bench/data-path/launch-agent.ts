import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AgentConfiguration } from "../../appliance-agent/src/rules/agent-configuration";
import type { Appliance } from "./appliance";

/** An agent that was started, ready or not. */
export interface LaunchedAgent {
  readonly process: ChildProcess;
  /** CLOCK_MONOTONIC, nanoseconds: right before its program was started. */
  readonly startedAt: number;
  /** Everything that it has logged. */
  log(): string;
}

/**
 * Starts the agent on an appliance as its first start after a boot: nothing is kept from an earlier one but what is pinned.
 *
 * @param program and arguments before `run`
 * @param flags of `run` besides its directories
 */
export async function launchAgent(
  { namespaces, appliance }: Appliance,
  configuration: AgentConfiguration,
  program: readonly string[],
  flags: readonly string[] = [],
): Promise<LaunchedAgent> {
  const directory = join(namespaces.directory, appliance);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  const file = join(directory, "agent.json");
  writeFileSync(file, JSON.stringify(configuration));
  const logFile = join(directory, "agent.log");
  const log = createWriteStream(logFile);
  await once(log, "open");
  const directories = [
    ...["--config", file, "--state-dir", join(directory, "state"), "--run-dir", join(directory, "run")],
    ...["--pins", join(namespaces.bpffs, appliance), "--drain-seconds", "0"],
  ];
  /* `ip netns exec` also shows the namespace's own /sys/class/net. */
  const command = ["ip", "netns", "exec", namespaces.nameOf(appliance), ...program, "run", ...directories, ...flags];
  const startedAt = Number(process.hrtime.bigint());
  const started = namespaces.spawn(appliance, command, { stdio: ["ignore", log, log] });
  return { process: started, startedAt, log: () => readFileSync(logFile, "utf8") };
}
