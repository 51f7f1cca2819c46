import type { Command } from "./command";
import { EXIT } from "./exit-code";

/** A command's line in the table: its name, what it does in a few words, and the file that does it. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Loads the file only when it is needed, so that `check` works where no data path can be loaded. */
  load(): Promise<Command>;
}

const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: "done",
  failed: "failed; the message says what and what to do",
  usage: "wrong usage, or an invalid configuration",
  notRunning: "not running, or no data path attached",
  notPermitted: "a capability is missing; the message names it",
  busy: "another agent holds the same pins",
};

/** Text of `gwlb-agent --help`. */
export function formatOverview(entries: readonly CommandEntry[]): string {
  return [
    "usage: gwlb-agent <command> [options]",
    "",
    "An appliance behind an AWS Gateway Load Balancer: the data path in the kernel, and what keeps it as configured.",
    "",
    "commands",
    ...pairs(entries.map(({ name, summary }) => [name, summary])),
    "",
    "exit codes",
    ...pairs(Object.entries(EXIT).map(([key, code]) => [String(code), EXIT_MEANINGS[key as keyof typeof EXIT]])),
    "",
    "'gwlb-agent <command> --help' shows options and examples; 'gwlb-agent --version' the version.",
  ].join("\n");
}

/** Text of `gwlb-agent <command> --help`. */
export function formatCommandHelp(name: string, command: Command): string {
  const options: [string, string][] = Object.entries(command.options).map(([flag, option]) => [
    `--${flag}${option.value === undefined ? "" : ` ${option.value}`}`,
    `${option.description}${option.default === undefined ? "" : ` (default ${option.default})`}`,
  ]);
  return [
    `usage: gwlb-agent ${[name, ...(options.length ? ["[options]"] : []), ...(command.positionals ?? [])].join(" ")}`,
    "",
    command.description,
    ...(options.length ? ["", "options", ...pairs(options)] : []),
    ...(command.capabilities.length ? ["", `needs ${command.capabilities.join(", ")}`] : []),
    "",
    command.examples.length === 1 ? "example" : "examples",
    ...command.examples.flatMap(([line, purpose]) => [`  ${line}`, `      ${purpose}`]),
  ].join("\n");
}

function pairs(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
