import { AgentConfiguration, validateAgentConfiguration } from "../agent-configuration";
import { Action, Rule } from "../rule";
import { HairpinInput, applianceSettings } from "./appliance-input";

/** Input of {@link filter}. */
export interface FilterInput extends HairpinInput {
  /**
   * Ordered rules, the first that matches decides.
   *
   * @default - TCP destination port 80 is dropped, over IPv4 and IPv6
   */
  readonly rules?: readonly Rule[];
  /**
   * For a packet that no rule matches.
   *
   * @default "forward"
   */
  readonly defaultAction?: Action;
}

/** The filter that needs no input: plain HTTP is dropped, over IPv4 and IPv6. */
export const DROP_HTTP: Rule = {
  name: "drop-http",
  match: { protocol: "tcp", destinationPorts: [80] },
  action: "drop",
};

/**
 * Drops what rules name and returns the rest to the load balancer.
 *
 * @throws ConfigurationError when the input does not make a valid configuration
 */
export function filter(input: FilterInput): AgentConfiguration {
  return validateAgentConfiguration(
    {
      ...applianceSettings(input),
      preset: "filter",
      mode: "hairpin",
      hook: input.hook ?? "tc",
      rules: input.rules ?? [DROP_HTTP],
      defaultAction: input.defaultAction ?? "forward",
    },
    "filter()",
  );
}
