import { parseDocument } from "yaml";
import { validateAgentConfiguration } from "../appliance-agent/src/rules/agent-configuration";
import { Rule } from "../appliance-agent/src/rules/rule";
import { unreachableRules } from "../appliance-agent/src/rules/unreachable-rules";
import { schemaProblems } from "../appliance-agent/src/rules/schema-problems";
import { CLIENT_SUBNETS } from "../modules/client-vpc";
import { INSPECTION_SUBNETS } from "../modules/inspection-vpc";
import { requireArchitecture } from "../modules/internal/architecture";
import { requireZones } from "../modules/internal/availability-zone";
import { ipv4CidrsOverlap, ipv4Size, parseIpv4Cidr } from "../modules/internal/cidr";
import { requireManagementCidrs } from "../modules/internal/management-cidrs";
import { planSubnets } from "../modules/internal/subnet-plan";
import { Configuration, configurationSchema } from "./configuration";

/**
 * Reads a configuration and checks all that can be known before anything is synthesized.
 *
 * @param where names the file in errors
 * @param text YAML 1.2
 * @throws Error with every wrong key, its value and what to write instead
 */
export function parseConfiguration(where: string, text: string): Configuration {
  const document = parseDocument(text);
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) {
    const [what] = syntaxError.message.split("\n");
    throw new Error(`${where}: must be YAML, got ${String(what)}; correct that line`);
  }
  const input: unknown = document.toJS() ?? {};
  const parsed = configurationSchema.safeParse(input);
  if (!parsed.success) {
    throw new Error(schemaProblems(configurationSchema, input, parsed.error.issues, where).join("\n"));
  }
  requireConsistent(where, parsed.data);
  return parsed.data;
}

/** Checks what no key can be blamed for alone. */
function requireConsistent(where: string, configuration: Configuration): void {
  const { region, zones, clientVpc, inspectionVpc, appliance, workload, squidBastion, filter } = configuration;
  const actualRegion = requireZones(where, zones);
  if (actualRegion !== region) {
    throw new Error(
      `${where}: zones must be of region '${region}', got '${zones.join(", ")}'; change zones, or set region to ${actualRegion}`,
    );
  }
  planSubnets({ where: `${where} clientVpc`, zones, kinds: CLIENT_SUBNETS, ...clientVpc });
  const plan = planSubnets({ where: `${where} inspectionVpc`, zones, kinds: INSPECTION_SUBNETS, ...inspectionVpc });
  plan.forEach((cidrs) => requireRoom(where, cidrs.appliance, appliance.perZone));
  requireNoOverlap(where, clientVpc.cidr, inspectionVpc.cidr);
  requireManagementCidrs(`${where} appliance`, appliance.managementCidrs);
  requireArchitecture(`${where} appliance`, appliance.instanceType, appliance.architecture);
  requireArchitecture(`${where} workload`, workload.instanceType, workload.architecture);
  requireArchitecture(`${where} squidBastion`, squidBastion.instanceType, squidBastion.architecture);
  validateAgentConfiguration(
    { version: 1, mode: "hairpin", geneveSources: [inspectionVpc.cidr], rules: filter.rules },
    `${where} filter`,
  );
  requireReachable(`${where} filter`, filter.rules);
}

/** Addresses of a subnet that no appliance gets: five are AWS's, one is the load balancer's. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const TAKEN_ADDRESSES = 6;

/** A subnet holds every appliance twice: Terraform starts each one's replacement before it ends. */
function requireRoom(where: string, cidr: string, perZone: number): void {
  const { prefixLength } = parseIpv4Cidr(`${where} inspectionVpc: subnet`, cidr);
  const most = Math.floor((ipv4Size(prefixLength) - TAKEN_ADDRESSES) / 2);
  if (perZone <= most) return;
  throw new Error(
    `${where} appliance: perZone must be at most ${String(most)} in a subnet of /${String(prefixLength)}, which holds every ` +
      `appliance and its replacement, got ${String(perZone)}; lower it, or set inspectionVpc.subnetPrefixLength to a smaller number`,
  );
}

function requireReachable(where: string, rules: readonly Rule[]): void {
  const [unreachable] = unreachableRules(rules);
  if (unreachable === undefined) return;
  const nameOf = (index: number) => `'${String(rules[index]?.name)}'`;
  const { rule, coveredBy } = unreachable;
  throw new Error(
    `${where}: rules[${String(rule)}] must be able to match, got ${nameOf(rule)}, whose packets ` +
      `${coveredBy.map(nameOf).join(" and ")} match first; remove it, or move it up`,
  );
}

function requireNoOverlap(where: string, client: string, inspection: string): void {
  const [a, b] = [
    parseIpv4Cidr(`${where} clientVpc: cidr`, client),
    parseIpv4Cidr(`${where} inspectionVpc: cidr`, inspection),
  ];
  if (!ipv4CidrsOverlap(a, b)) return;
  throw new Error(
    `${where}: clientVpc.cidr and inspectionVpc.cidr must not overlap, got '${client}' and '${inspection}'; ` +
      "move one: a bastion could not tell the clients from its own network",
  );
}
