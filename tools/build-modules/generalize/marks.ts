import { planSubnets } from "../../../modules/internal/subnet-plan";
import { ipv4Address } from "../../../modules/internal/cidr";
import { CLIENT_SUBNETS } from "../../../modules/client-vpc";
import { INSPECTION_SUBNETS } from "../../../modules/inspection-vpc";
import { SAMPLE, SAMPLE_REGION, SAMPLE_SHA256, SAMPLE_STACK, SAMPLE_ZONES } from "../sample/sample";

/** What a text of the sample stands for. */
export type Meaning =
  | "name"
  | "region"
  | "program_sha256"
  | "partition"
  | "client_vpc_cidr"
  | "inspection_vpc_cidr"
  | "workload_cidr"
  | "endpoint_cidr"
  | "appliance_cidr"
  | "bastion_cidr"
  | "bastion_address"
  | "zone";

/** A text of the sample, and what it stands for. */
export interface Mark {
  readonly text: string;
  readonly meaning: Meaning;
  /** The zone that it belongs to. @default - none */
  readonly zone?: string;
}

const zones = [...SAMPLE_ZONES];
const clientPlan = planSubnets({ where: "sample", zones, kinds: CLIENT_SUBNETS, ...SAMPLE.clientVpc });
const inspectionPlan = planSubnets({ where: "sample", zones, kinds: INSPECTION_SUBNETS, ...SAMPLE.inspectionVpc });

/** Every text of the sample that stands for something, longer ones before those that they contain. */
export const MARKS: readonly Mark[] = [
  { text: SAMPLE_STACK, meaning: "name" },
  { text: SAMPLE_SHA256, meaning: "program_sha256" },
  { text: "arn:aws:iam::aws:", meaning: "partition" },
  { text: SAMPLE.clientVpc.cidr, meaning: "client_vpc_cidr" },
  { text: SAMPLE.inspectionVpc.cidr, meaning: "inspection_vpc_cidr" },
  ...zones.flatMap((zone): Mark[] => {
    const client = clientPlan.get(zone);
    const inspection = inspectionPlan.get(zone);
    if (!client || !inspection) return [];
    return [
      { text: client.workload, meaning: "workload_cidr", zone },
      { text: client.endpoint, meaning: "endpoint_cidr", zone },
      { text: inspection.appliance, meaning: "appliance_cidr", zone },
      { text: inspection.bastion, meaning: "bastion_cidr", zone },
      { text: ipv4Address(inspection.bastion, 4), meaning: "bastion_address", zone },
      { text: zone, meaning: "zone", zone },
    ];
  }),
  // Last: every zone's name begins with it.
  { text: SAMPLE_REGION, meaning: "region" },
];

const PATTERN = new RegExp(MARKS.map(({ text }) => text.replaceAll(/[.:/]/g, "\\$&")).join("|"), "g");
const BY_TEXT = new Map(MARKS.map((mark) => [mark.text, mark]));

/** `text` with every mark replaced. */
export function replaceMarks(text: string, replace: (mark: Mark) => string): string {
  return text.replaceAll(PATTERN, (found) => {
    const mark = BY_TEXT.get(found);
    return mark ? replace(mark) : found;
  });
}

/** `text` as it would be if the first zone of the sample were the second. */
export function inSecondZone(text: string): string {
  return replaceMarks(text, ({ text: found, meaning, zone }) => {
    if (zone !== SAMPLE_ZONES[0]) return found;
    return MARKS.find((other) => other.meaning === meaning && other.zone === SAMPLE_ZONES[1])?.text ?? found;
  });
}
