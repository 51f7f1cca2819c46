import { AGENT_VERSION } from "../version";
import { requireCapabilities } from "./capability";
import { CommandArguments } from "./command";
import { CommandError, EXIT, type ExitCode } from "./exit-code";
import { formatCommandHelp, formatOverview, type CommandEntry } from "./help";
import type { Terminal } from "./terminal";

/**
 * Runs the command that `argv` names and turns what goes wrong into a message and an exit code.
 *
 * @param argv arguments after the program's name
 * @returns what the process exits with
 */
export async function dispatch(
  entries: readonly CommandEntry[],
  argv: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    terminal.out(formatOverview(entries));
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === "--version") {
    terminal.out(AGENT_VERSION);
    return EXIT.ok;
  }
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    const names = entries.map((candidate) => candidate.name).join(", ");
    terminal.err(`gwlb-agent: unknown command, got '${name}'; use one of ${names}`);
    return EXIT.usage;
  }
  try {
    const command = await entry.load();
    if (rest.includes("--help") || rest.includes("-h")) {
      terminal.out(formatCommandHelp(name, command));
      return EXIT.ok;
    }
    const given = new CommandArguments(name, command, rest);
    requireCapabilities(name, command.capabilities);
    return await command.run(given, terminal);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    terminal.err(terminal.paint("red", error.message));
    return error instanceof CommandError ? error.code : EXIT.failed;
  }
}
