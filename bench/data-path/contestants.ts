import { iptablesRestoreInput } from "../../appliance-agent/src/rules/iptables";
import { parseRestoreLines } from "../../appliance-agent/src/rules/restore-lines";
import { agentContestant } from "./agent-contestant";
import {
  type RoutedInput,
  type SquidBastionInput,
  filterConfiguration,
  passThroughConfiguration,
  routedConfiguration,
  squidBastionConfiguration,
} from "./configurations";
import type { Contestant } from "./contestant";
import { gwlbtunContestant, gwlbtunRouted, GWLBTUN_PASS_THROUGH } from "./gwlbtun-contestant";

/** See `passThroughConfiguration`. */
export const passThroughAgent = (hook: "tc" | "xdp"): Contestant =>
  agentContestant({ name: `pass-through, ${hook}`, configuration: passThroughConfiguration(hook) });

/** See `filterConfiguration`. */
export const filterAgent = (hook: "tc" | "xdp", rules: number): Contestant =>
  agentContestant({ name: `filter, ${hook}`, configuration: filterConfiguration(hook, rules) });

/** See `routedConfiguration`. */
export const routedAgent = (input: RoutedInput): Contestant =>
  agentContestant({ name: "routed", configuration: routedConfiguration(input) });

/** See `squidBastionConfiguration`. */
export const squidBastionAgent = (input: SquidBastionInput): Contestant =>
  agentContestant({
    name: `routed, ${squidBastionName(input)}`,
    tracksConnections: input.tracksAll,
    configuration: squidBastionConfiguration(input),
  });

const squidBastionName = ({ tracksAll = false }: SquidBastionInput): string =>
  tracksAll ? "squidBastion, all tracked" : "squidBastion";

/** AWS's tunnel handler: as a service runs it, or with all the priority there is. @param program path of `gwlbtun` */
export interface Gwlbtun {
  readonly program: string;
  readonly raised: boolean;
}

/** The script that it suggests for pass-through. */
export const passThroughGwlbtun = (gwlbtun: Gwlbtun): Contestant =>
  gwlbtunContestant({ name: "gwlbtun pass-through", script: GWLBTUN_PASS_THROUGH, ...gwlbtun });

/** The kernel routes between its devices. */
export const routedGwlbtun = (gwlbtun: Gwlbtun): Contestant =>
  gwlbtunContestant({ name: "gwlbtun routed", script: gwlbtunRouted(""), ...gwlbtun });

/** The same with the iptables rules of `squidBastion`, without those of the agent itself. */
export const squidBastionGwlbtun =
  (input: SquidBastionInput) =>
  (gwlbtun: Gwlbtun): Contestant => {
    const { tables } = parseRestoreLines(squidBastionConfiguration(input)("eth0").iptables.ipv4);
    const script = gwlbtunRouted(iptablesRestoreInput(tables, ""));
    return {
      ...gwlbtunContestant({ name: `gwlbtun, ${squidBastionName(input)}`, script, ...gwlbtun }),
      tracksConnections: input.tracksAll,
    };
  };
