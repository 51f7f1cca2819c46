import {
  type AgentConfiguration,
  validateAgentConfiguration,
} from "../../appliance-agent/src/rules/agent-configuration";
import { filter } from "../../appliance-agent/src/rules/presets/filter";
import { passThrough } from "../../appliance-agent/src/rules/presets/pass-through";
import { squidBastion } from "../../appliance-agent/src/rules/presets/squid-bastion";
import { ROUTED_SYSCTLS } from "../../appliance-agent/src/rules/routed-sysctls";
import type { Rule } from "../../appliance-agent/src/rules/rule";
import { CLIENTS } from "./traffic";

/** A configuration for an appliance whose GENEVE arrives at this interface. */
export type ConfigurationOf = (underlayInterface: string) => AgentConfiguration;

/** What routed modes may be told. */
export interface RoutedInput {
  /** @default - the agent's */
  readonly maxFlows?: number;
  /** @default 0 */
  readonly rules?: number;
}

const GENEVE_SOURCES = ["10.99.0.0/24"];
const BASTION = "10.99.0.20";

/** Returns every packet. */
export const passThroughConfiguration =
  (hook: "tc" | "xdp"): ConfigurationOf =>
  (underlayInterface) =>
    passThrough({ geneveSources: GENEVE_SOURCES, underlayInterface, hook });

/** A list of which no rule matches what is sent: every rule has a say. */
export const filterConfiguration =
  (hook: "tc" | "xdp", rules: number): ConfigurationOf =>
  (underlayInterface) =>
    filter({ geneveSources: GENEVE_SOURCES, underlayInterface, hook, rules: rulesOfOthers(rules) });

/** Decapsulated, routed by the kernel, encapsulated; no iptables, and so no connection tracking. */
export const routedConfiguration =
  ({ maxFlows, rules = 0 }: RoutedInput = {}): ConfigurationOf =>
  (underlayInterface) =>
    validateAgentConfiguration(
      {
        ...{ version: 1, mode: "routed", geneveSources: GENEVE_SOURCES, underlayInterface, sysctls: ROUTED_SYSCTLS },
        ...{ rules: rulesOfOthers(rules), ...(maxFlows === undefined ? {} : { maxFlows }) },
      },
      "bench",
    );

/** The preset with iptables (mangle, nat, filter), connection tracking, policy routing and its rules. */
export const squidBastionConfiguration =
  ({ maxFlows }: Pick<RoutedInput, "maxFlows"> = {}): ConfigurationOf =>
  (underlayInterface) => ({
    ...squidBastion({
      ...{ geneveSources: GENEVE_SOURCES, underlayInterface },
      ...{ clientCidrs: [CLIENTS], bastionAddress: BASTION },
    }),
    ...(maxFlows === undefined ? {} : { maxFlows }),
  });

/** Different sources, ports and actions. */
function rulesOfOthers(count: number): Rule[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `rule-${String(index)}`,
    match: {
      protocol: "udp",
      source: [`192.168.${String(index >> 8)}.${String(index & 255)}/32`],
      destinationPorts: [[index % 60_000, (index % 60_000) + 5]],
    },
    action: index % 2 ? "drop" : "forward",
  }));
}
