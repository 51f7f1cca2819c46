import { AgentConfiguration, validateAgentConfiguration } from "../agent-configuration";
import { HairpinInput, applianceSettings } from "./appliance-input";

/** Input of {@link passThrough}. */
export type PassThroughInput = HairpinInput;

/**
 * Every packet goes back to the load balancer as it came.
 *
 * @throws ConfigurationError when the input does not make a valid configuration
 */
export function passThrough(input: PassThroughInput): AgentConfiguration {
  return validateAgentConfiguration(
    { ...applianceSettings(input), preset: "passThrough", mode: "hairpin", hook: input.hook ?? "tc" },
    "passThrough()",
  );
}
