import { desiredIptables, iptablesRestoreInput } from "../../appliance-agent/src/rules/iptables";
import { agentContestant } from "./agent-contestant";
import {
  type RoutedInput,
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
export const squidBastionAgent = (input: Pick<RoutedInput, "maxFlows">): Contestant =>
  agentContestant({
    name: "routed, squidBastion",
    tracksConnections: true,
    configuration: squidBastionConfiguration(input),
  });

/** AWS's tunnel handler with the script that it suggests for pass-through. @param program path of `gwlbtun` */
export const passThroughGwlbtun = (program: string): Contestant =>
  gwlbtunContestant("gwlbtun pass-through", program, GWLBTUN_PASS_THROUGH);

/** AWS's tunnel handler between whose devices the kernel routes. @param program path of `gwlbtun` */
export const routedGwlbtun = (program: string): Contestant =>
  gwlbtunContestant("gwlbtun routed", program, gwlbtunRouted(""));

/** The same with the iptables rules of `squidBastion`, without those that the agent adds for its own routing. */
export function squidBastionGwlbtun(program: string): Contestant {
  const tables = new Map(desiredIptables(squidBastionConfiguration()("eth0").iptables.ipv4, []));
  tables.set("mangle", new Map([...(tables.get("mangle") ?? [])].filter(([chain]) => chain !== "GWLB-ENDPOINTS")));
  const script = gwlbtunRouted(iptablesRestoreInput(tables, ""));
  return { ...gwlbtunContestant("gwlbtun, squidBastion's iptables", program, script), tracksConnections: true };
}
