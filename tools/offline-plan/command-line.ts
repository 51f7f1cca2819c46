/** What was asked for on the command line. */
export interface CommandLine {
  readonly target: string;
  readonly json: boolean;
  readonly variables: readonly string[];
  readonly variableFiles: readonly string[];
  readonly assume?: string;
  readonly terraform?: string;
}

/** Shown by `--help`. */
export const HELP = `npm run plan -- <stack | directory | cdk.tf.json> [options]

Plans Terraform configuration with the real Terraform, and without AWS: no credentials, no network, no provider
download. Nothing is written to the directory. What data sources would find is assumed and listed.

  --json             the resolved plan, as 'terraform show -json' writes it: ids are predicted, nothing is unknown.
                     For tools; never to be applied
  -var NAME=VALUE    an input variable, as Terraform takes it; repeatable
  -var-file FILE     a file of input variables; repeatable. terraform.tfvars and *.auto.tfvars are read anyway
  --assume FILE      JSON: what data sources find (docs/offline-plan.md)
  --terraform FILE   the executable (default: terraform, from PATH)

  npm run plan -- pass-through
  npm run plan -- ../network -var-file prod.tfvars --json > plan.json

Exit code: 0 planned, 1 Terraform refuses the configuration, 2 nothing to plan (wrong arguments, not Terraform),
3 Terraform is missing or too old.
`;

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** @returns what was asked for, or `"help"` @throws UsageError */
export function commandLine(words: readonly string[]): CommandLine | "help" {
  const rest = [...words];
  const targets: string[] = [];
  const said = { json: false, variables: [] as string[], variableFiles: [] as string[] };
  let assume: string | undefined;
  let terraform: string | undefined;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, flag, inline] = /^(-[^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const value = () => {
      const found = inline ?? rest.shift();
      if (found === undefined) throw new UsageError(`${word}: needs a value; see --help`);
      return found;
    };
    if (flag === undefined) targets.push(word);
    else if (flag === "-h" || flag === "--help") return "help";
    else if (flag === "--json") said.json = true;
    else if (flag === "-var" || flag === "--var") said.variables.push(variable(value()));
    else if (flag === "-var-file" || flag === "--var-file") said.variableFiles.push(value());
    else if (flag === "--assume") assume = value();
    else if (flag === "--terraform") terraform = value();
    else throw new UsageError(`${flag}: no such option; see --help`);
  }
  const [target, extra] = targets;
  if (target === undefined)
    throw new UsageError("nothing to plan; name a stack, a directory or a cdk.tf.json, or see --help");
  if (extra !== undefined) throw new UsageError(`${extra}: a second target; plan one at a time`);
  return { target, ...said, ...(assume ? { assume } : {}), ...(terraform ? { terraform } : {}) };
}

function variable(text: string): string {
  if (!/^[^=]+=/.test(text)) throw new UsageError(`-var: expected NAME=VALUE, got ${text}; write -var 'name=value'`);
  return text;
}
