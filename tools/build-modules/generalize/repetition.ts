import { SAMPLE_ZONES } from "../sample/sample";

/** What a resource is repeated for: nothing, each zone, each appliance of a zone, each CIDR that may reach workloads. */
export type Repetition = "once" | "zone" | "appliance" | "inbound";

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
};

/** Place of a construct path of the sample. */
export function placeOf(path: string): Place {
  const inZone = SAMPLE_ZONES.reduce((text, zone) => text.replaceAll(zone, "{zone}"), path);
  const appliance = inZone.replace(/^appliance\/\{zone\}\/1(?=\/|$)/, "appliance/{zone}/{number}");
  if (appliance !== inZone) return { repetition: "appliance", template: appliance };
  const inbound = path.replace(/^(workload\/(?:http|https|ping)-)\d$/, "$1{number}");
  if (inbound !== path) return { repetition: "inbound", template: inbound };
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
