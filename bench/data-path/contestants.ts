import { ROUTED_SYSCTLS } from "../../appliance-agent/src/rules/routed-sysctls";
import { validateAgentConfiguration } from "../../appliance-agent/src/rules/agent-configuration";
import { desiredIptables, iptablesRestoreInput } from "../../appliance-agent/src/rules/iptables";
import { filter } from "../../appliance-agent/src/rules/presets/filter";
import { passThrough } from "../../appliance-agent/src/rules/presets/pass-through";
import { squidBastion } from "../../appliance-agent/src/rules/presets/squid-bastion";
import type { Rule } from "../../appliance-agent/src/rules/rule";
import { agentContestant } from "./agent-contestant";
import type { Contestant } from "./contestant";
import { gwlbtunContestant, gwlbtunRouted, GWLBTUN_PASS_THROUGH } from "./gwlbtun-contestant";
import { CLIENTS } from "./traffic";

const GENEVE_SOURCES = ["10.99.0.0/24"];
const BASTION = "10.99.0.20";

/** Returns every packet. */
export const passThroughAgent = (hook: "tc" | "xdp"): Contestant =>
  agentContestant({
    name: `pass-through, ${hook}`,
    configuration: (underlayInterface) => passThrough({ geneveSources: GENEVE_SOURCES, underlayInterface, hook }),
  });

/** A list of which no rule matches what is sent: every rule has a say. */
export const filterAgent = (hook: "tc" | "xdp", rules: number): Contestant =>
  agentContestant({
    name: `filter, ${hook}`,
    configuration: (underlayInterface) =>
      filter({ geneveSources: GENEVE_SOURCES, underlayInterface, hook, rules: rulesOfOthers(rules) }),
  });

/** Decapsulated, routed by the kernel, encapsulated; no iptables, and so no connection tracking. */
export const routedAgent = ({ maxFlows, rules = 0 }: { maxFlows: number; rules?: number }): Contestant =>
  agentContestant({
    name: "routed",
    configuration: (underlayInterface) =>
      validateAgentConfiguration(
        {
          version: 1,
          mode: "routed",
          geneveSources: GENEVE_SOURCES,
          underlayInterface,
          sysctls: ROUTED_SYSCTLS,
          maxFlows,
          rules: rulesOfOthers(rules),
        },
        "bench",
      ),
  });

/** The preset with iptables (mangle, nat, filter), connection tracking, policy routing and its rules. */
export const squidBastionAgent = ({ maxFlows }: { maxFlows: number }): Contestant =>
  agentContestant({
    name: "routed, squidBastion",
    tracksConnections: true,
    configuration: (underlayInterface) => ({ ...squidBastionOf(underlayInterface), maxFlows }),
  });

/** AWS's tunnel handler with the script that it suggests for pass-through. @param program path of `gwlbtun` */
export const passThroughGwlbtun = (program: string): Contestant =>
  gwlbtunContestant("gwlbtun pass-through", program, GWLBTUN_PASS_THROUGH);

/** AWS's tunnel handler between whose devices the kernel routes. @param program path of `gwlbtun` */
export const routedGwlbtun = (program: string): Contestant =>
  gwlbtunContestant("gwlbtun routed", program, gwlbtunRouted(""));

/** The same with the iptables rules of `squidBastion`, without those that the agent adds for its own routing. */
export function squidBastionGwlbtun(program: string): Contestant {
  const tables = new Map(desiredIptables(squidBastionOf("eth0").iptables.ipv4, []));
  tables.set("mangle", new Map([...(tables.get("mangle") ?? [])].filter(([chain]) => chain !== "GWLB-ENDPOINTS")));
  const script = gwlbtunRouted(iptablesRestoreInput(tables, ""));
  return { ...gwlbtunContestant("gwlbtun, squidBastion's iptables", program, script), tracksConnections: true };
}

const squidBastionOf = (underlayInterface: string) =>
  squidBastion({
    geneveSources: GENEVE_SOURCES,
    underlayInterface,
    clientCidrs: [CLIENTS],
    bastionAddress: BASTION,
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
