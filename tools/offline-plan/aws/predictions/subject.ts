import type { CtyObject, CtyValue } from "../../protocol/cty-value";
import type { AwsWorld } from "../aws-world";

/** A resource that is about to exist. */
export interface NewResource {
  readonly type: string;
  readonly planned: CtyObject;
  readonly region: string;
  /** 40 hexadecimal digits of its own. */
  readonly number: string;
  readonly world: AwsWorld;
}

/** What a predictor is given. */
export interface Subject extends NewResource {
  readonly id: string;
  /** The configured `name` or one made from `name_prefix`. */
  readonly name: string;
  /** An ARN in the resource's region and account. */
  readonly arn: (service: string, resource: string) => string;
  /** An ARN of a service without regions, such as IAM. */
  readonly globalArn: (service: string, resource: string) => string;
}

/** The values that AWS would give a resource's computed attributes. */
export type Predictor = (subject: Subject) => CtyObject;

/** Predictors by resource type. */
export type Predictors = Readonly<Record<string, Predictor>>;

/** A configured string, or nothing. */
export function text(value: CtyValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A configured list, or an empty one. */
export function list(value: CtyValue | undefined): CtyValue[] {
  return Array.isArray(value) ? value : [];
}

/** The first part of an ARN's account path: `aws`, `aws-cn` or `aws-us-gov`. */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
