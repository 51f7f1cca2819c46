import { readFileSync } from "node:fs";
import { agentFiles } from "../agent/agent-files";
import type { AgentConfiguration } from "../rules/agent-configuration";
import { parseAgentConfiguration } from "../rules/parse-agent-configuration";
import type { CommandArguments } from "./command";
import { CommandError, EXIT } from "./exit-code";

/**
 * The configuration that a command is about: the file of `--config`, or what the agent has in force.
 *
 * @throws CommandError (not running) when no agent has written one
 */
export function configurationInForce(command: string, given: CommandArguments): AgentConfiguration {
  const path = given.optional("config") ?? agentFiles.configuration(given.text("run-dir"));
  try {
    return parseAgentConfiguration(readFileSync(path, "utf8"), path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    const remedy = "start 'gwlb-agent run', or name a file with --config";
    throw new CommandError(EXIT.notRunning, `${command}: no configuration, got no file ${path}; ${remedy}`, { cause });
  }
}
