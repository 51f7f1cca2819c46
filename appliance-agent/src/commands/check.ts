import { readFileSync } from "node:fs";
import { ConfigurationError } from "../rules/agent-configuration";
import type { Rule } from "../rules/rule";
import { parseAgentConfiguration } from "../rules/parse-agent-configuration";
import { unreachableRules } from "../rules/unreachable-rules";
import type { Command } from "./command";
import { EXIT } from "./exit-code";
import { formatJson } from "./json";
import { JSON_OPTION } from "./path-options";

/** File descriptor of standard input. */
const STDIN = 0;

/** `gwlb-agent check` */
export const check: Command = {
  positionals: ["<file>"],
  description:
    "Says whether a configuration is valid, with every problem and its fix. Needs no privilege and no agent.\n'-' reads standard input.",
  examples: [
    ["gwlb-agent check agent.json", "before it is uploaded"],
    ["aws s3 cp s3://bucket/agent/a.json - | gwlb-agent check -", "what is in S3"],
  ],
  options: { ...JSON_OPTION },
  capabilities: [],
  async run(given, terminal) {
    const [file] = given.positionals;
    if (file === undefined) throw given.wrong("needs a file, got none");
    const result = judge(file);
    if (given.has("json")) terminal.out(formatJson(result));
    else if (result.valid)
      terminal.out(`${file}: valid: ${result.mode} mode, ${result.rules} rules, default ${result.defaultAction}`);
    else result.problems.forEach((problem) => terminal.err(problem));
    if (!given.has("json")) result.warnings.forEach((warning) => terminal.err(terminal.paint("yellow", warning)));
    return result.valid ? EXIT.ok : EXIT.usage;
  },
};

/** Looking for rules that never decide takes time with the square of their number: 2,000 take about a second. */
const MOST_RULES_LOOKED_AT = 2000;

function warningsOf(file: string, rules: readonly Rule[]): string[] {
  if (rules.length > MOST_RULES_LOOKED_AT) return [];
  const name = (index: number) => `'${rules[index]?.name ?? ""}'`;
  return unreachableRules(rules).map(
    ({ rule, coveredBy }) =>
      `${file} rules[${rule}]: never decides, got ${name(rule)} behind ${coveredBy.map(name).join(", ")}; move it up or remove it`,
  );
}

function judge(file: string) {
  try {
    const text = readFileSync(file === "-" ? STDIN : file, "utf8");
    const { mode, rules, defaultAction } = parseAgentConfiguration(text, file);
    return { valid: true, mode, rules: rules.length, defaultAction, problems: [], warnings: warningsOf(file, rules) };
  } catch (error) {
    if (error instanceof ConfigurationError) return { valid: false, problems: error.problems, warnings: [] };
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return {
      valid: false,
      problems: [`${file}: ${(error as Error).message}; name a file that can be read`],
      warnings: [],
    };
  }
}
