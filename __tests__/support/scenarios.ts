import { PassThroughStack } from "../../stacks/pass-through";
import { parseConfiguration } from "../../stacks/parse-configuration";
import { SquidBastionStack } from "../../stacks/squid-bastion";
import { TcFilterStack } from "../../stacks/tc-filter";
import { Synthesized } from "./synth";

/** Every scenario, by its stack's name. */
export const SCENARIOS = {
  "pass-through": PassThroughStack,
  "tc-filter": TcFilterStack,
  "squid-bastion": SquidBastionStack,
} as const;

/** Name of a scenario. */
export type Scenario = keyof typeof SCENARIOS;

/** Names of the scenarios. */
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as Scenario[];

/** Any file does as an archive: no test of a stack runs it. */
const archive = { path: __filename, sha256: "ab".repeat(32) };

/**
 * A scenario as Terraform reads it.
 *
 * @param yaml what the configuration file would say
 */
export function synthesizeScenario(scenario: Scenario, yaml = ""): Synthesized {
  const configuration = parseConfiguration("gwlb.yaml", yaml);
  return new Synthesized((_, app) => new SCENARIOS[scenario](app, scenario, { configuration, archive }));
}
