import { SAMPLE_ZONES } from "../sample/sample";

/** What a resource is repeated for: nothing, each zone, each appliance of a zone, each CIDR that may reach workloads or appliances. */
export type Repetition = "once" | "zone" | "appliance" | "inbound" | "management";

/** Where a resource stands in the construct tree, whatever the zone or number. */
export interface Place {
  readonly repetition: Repetition;
  /** `client/{zone}/workload-subnet`, `appliance/{zone}/{number}/instance`. */
  readonly template: string;
}

/** Keys of {@link Repetition}, as they stand inside of a repeated resource. */
export interface RepetitionKeys {
  /** The zone's name. */
  readonly zone: string;
  /** Number of the appliance in its zone, or of the CIDR in its list. */
  readonly number: string;
}

/** Expressions for the keys, by repetition. */
export const KEYS: Readonly<Record<Repetition, RepetitionKeys | undefined>> = {
  once: undefined,
  zone: { zone: "each.key", number: "1" },
  appliance: { zone: "each.value.zone", number: "each.value.number" },
  inbound: { zone: "", number: "each.value" },
  management: { zone: "", number: "each.value" },
};

/** Resources that are repeated for each CIDR of a list. */
const FOR_CIDRS = {
  inbound: /^(workload\/(?:http|https|ping)-)\d$/,
  management: /^(appliance\/ssh-)\d$/,
} as const;

/** Whether a resource is repeated for each CIDR of a list, IPv4 and IPv6. */
export function isForCidrs(repetition: Repetition): repetition is keyof typeof FOR_CIDRS {
  return repetition in FOR_CIDRS;
}

/** Place of a construct path of the sample. */
export function placeOf(path: string): Place {
  const inZone = SAMPLE_ZONES.reduce((text, zone) => text.replaceAll(zone, "{zone}"), path);
  const appliance = inZone.replace(/^appliance\/\{zone\}\/1(?=\/|$)/, "appliance/{zone}/{number}");
  if (appliance !== inZone) return { repetition: "appliance", template: appliance };
  const client = inZone.replace(/^(bastion\/(?:\{zone\}|https?)-client-)\d+$/, "$1{number}");
  if (client !== inZone) return { repetition: inZone === path ? "once" : "zone", template: client };
  for (const [repetition, pattern] of Object.entries(FOR_CIDRS) as [keyof typeof FOR_CIDRS, RegExp][]) {
    if (pattern.test(path)) return { repetition, template: path.replace(pattern, "$1{number}") };
  }
  return { repetition: inZone === path ? "once" : "zone", template: inZone };
}

/** Local name of a resource in the module: of `client/{zone}/workload-subnet`, `client_workload_subnet`. */
export function localName(template: string, withoutPrefix = ""): string {
  const words = template
    .split("/")
    .filter((segment, index) => index > 0 || segment !== withoutPrefix)
    .map((segment) => segment.replaceAll(/-?\{\w+\}-?/g, "").replaceAll("-", "_"))
    .filter((segment) => segment !== "");
  return words.filter((word, index) => word !== words[index - 1]).join("_");
}
