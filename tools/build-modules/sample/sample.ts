import { Configuration } from "../../../stacks/configuration";
import { parseConfiguration } from "../../../stacks/parse-configuration";

/** The two Availability Zones with which every scenario is synthesized; what their resources differ in is the zone. */
export const SAMPLE_ZONES = ["zz-mark-1a", "zz-mark-1b"] as const;

/** Region of {@link SAMPLE_ZONES}. */
export const SAMPLE_REGION = "zz-mark-1";

/** Id of every synthesized stack; begins every `Name` tag. */
export const SAMPLE_STACK = "mark-stack";

/** CIDRs from which workloads may be reached, one of each family; what their rules differ in is the family. */
export const SAMPLE_INBOUND = ["198.51.100.0/24", "2001:db8:77::/48"] as const;

/** CIDRs from which appliances are managed, one of each family. */
export const SAMPLE_MANAGEMENT = ["192.0.2.0/24", "2001:db8:88::/48"] as const;

/** SHA-256 of the archive that stands in for the agent's. */
export const SAMPLE_SHA256 = "5a".repeat(32);

/** A configuration whose texts occur nowhere else, so that they can be found again in what is synthesized. */
export const SAMPLE = {
  region: SAMPLE_REGION,
  zones: SAMPLE_ZONES,
  clientVpc: { cidr: "198.18.0.0/20" },
  inspectionVpc: { cidr: "198.19.0.0/20" },
  appliance: { managementCidrs: SAMPLE_MANAGEMENT },
  workload: { inboundCidrs: SAMPLE_INBOUND },
} as const;

/** Members of a configuration, by section. */
export type ConfigurationPath = readonly [section: keyof Configuration, member: string];

/**
 * {@link SAMPLE} with members of one section changed.
 *
 * @param section which section
 * @param members the members that change, and their values
 */
export function sampleConfiguration(
  section: keyof Configuration = "region",
  members?: Readonly<Record<string, unknown>>,
): Configuration {
  if (!members) return parse(SAMPLE);
  const own = (SAMPLE as Record<string, unknown>)[section] as Record<string, unknown> | undefined;
  return parse({ ...SAMPLE, [section]: { ...own, ...members } });
}

function parse(value: unknown): Configuration {
  return parseConfiguration("sample", JSON.stringify(value));
}
