import { ConfigurationPath } from "../sample/sample";
import { Json } from "../sample/synthesized";

/**
 * A member of the configuration whose effect is found by changing it and synthesizing again.
 *
 * - number: it appears as it is, in a text, or with a constant added to it
 * - choice: where it matters, every alternative's outcome is looked up by its name
 * - optional: left out in the sample; where it matters when given, it appears as it is or in a text
 */
export type Input =
  | { readonly kind: "number"; readonly path: ConfigurationPath; readonly sample: number; readonly other: number }
  | {
      readonly kind: "choice";
      readonly path: ConfigurationPath;
      readonly sample: string;
      readonly others: readonly string[];
      /** A text that has to change too, for the alternative to be valid; the difference that it makes is not this choice's. */
      readonly also?: { readonly member: string; readonly sample: string; readonly other: string };
    }
  | { readonly kind: "text"; readonly path: ConfigurationPath; readonly sample: string; readonly other: string }
  | { readonly kind: "optional"; readonly path: ConfigurationPath; readonly other: Json };

/** Name of an input: `loadBalancer.crossZone`. */
export function inputName({ path }: Pick<Input, "path">): string {
  return path.join(".");
}

const number = (section: ConfigurationPath[0], member: string, sample: number, other: number): Input => ({
  kind: "number",
  path: [section, member],
  sample,
  other,
});

const machine = (section: "appliance" | "workload" | "squidBastion"): Input[] => [
  { kind: "text", path: [section, "instanceType"], sample: "t4g.micro", other: "c7gn.xlarge" },
  { kind: "optional", path: [section, "amiParameter"], other: `/mark/${section}` },
  {
    kind: "choice",
    path: [section, "architecture"],
    sample: "arm64",
    others: ["x86_64"],
    also: { member: "instanceType", sample: "t4g.micro", other: "t3.micro" },
  },
];

/** Every input; what is missing here (zones, CIDRs, lists) has marks or overrides. */
export const INPUTS: readonly Input[] = [
  number("loadBalancer", "tcpIdleTimeoutSeconds", 350, 4444),
  number("loadBalancer", "healthCheckPort", 8080, 55555),
  number("loadBalancer", "healthCheckIntervalSeconds", 10, 271),
  number("loadBalancer", "healthCheckTimeoutSeconds", 5, 9),
  number("loadBalancer", "healthyThreshold", 2, 7),
  number("loadBalancer", "unhealthyThreshold", 2, 9),
  number("flowLogs", "retentionDays", 14, 731),
  { kind: "choice", path: ["loadBalancer", "crossZone"], sample: "within-zone", others: ["all-zones"] },
  { kind: "choice", path: ["loadBalancer", "stickiness"], sample: "5-tuple", others: ["3-tuple", "2-tuple"] },
  { kind: "choice", path: ["loadBalancer", "targetFailover"], sample: "rebalance", others: ["no_rebalance"] },
  { kind: "choice", path: ["loadBalancer", "deletionProtection"], sample: "deletable", others: ["protected"] },
  { kind: "choice", path: ["filter", "defaultAction"], sample: "forward", others: ["drop"] },
  { kind: "optional", path: ["flowLogs", "kmsKeyArn"], other: "arn:aws:kms:zz-mark-1:111122223333:key/mark" },
  ...machine("appliance"),
  ...machine("workload"),
  ...machine("squidBastion"),
];
