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

/** What the preset may be told. */
export interface SquidBastionInput extends Pick<RoutedInput, "maxFlows"> {
  /** Without the preset's table raw, so that connection tracking sees what only passes too. @default false */
  readonly tracksAll?: boolean;
}

/** The preset with iptables (raw, nat, filter, and the agent's mangle), connection tracking, policy routing and its rules. */
export const squidBastionConfiguration =
  ({ maxFlows, tracksAll = false }: SquidBastionInput = {}): ConfigurationOf =>
  (underlayInterface) => {
    const preset = squidBastion({
      ...{ geneveSources: GENEVE_SOURCES, underlayInterface },
      ...{ clientCidrs: [CLIENTS], bastionAddress: BASTION },
    });
    const { ipv4, ipv6 } = preset.iptables;
    return {
      ...preset,
      ...(maxFlows === undefined ? {} : { maxFlows }),
      ...(tracksAll ? { iptables: { ipv4: withoutTable("raw", ipv4), ipv6: withoutTable("raw", ipv6) } } : {}),
    };
  };

function withoutTable(name: string, lines: readonly string[]): string[] {
  const start = lines.indexOf(`*${name}`);
  return lines.toSpliced(start, lines.indexOf("COMMIT", start) + 1 - start);
}

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
