import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { Synthesized, referred } from "./synth";

/** One statement of a policy. */
export interface PolicyStatement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: string | string[];
  readonly Principal?: Readonly<Record<string, string>>;
  readonly Condition?: unknown;
}

/** Statements of a role's own policies. */
export function statementsOf(stack: Synthesized, role: string): PolicyStatement[] {
  return stack
    .all(IamRolePolicy)
    .filter(({ attributes }) => referred(attributes["role"]) === role)
    .flatMap(({ attributes }) => parse(attributes["policy"]));
}

/** Who may take a role. */
export function trustOf(stack: Synthesized, role: string): PolicyStatement[] {
  return parse(stack.at(IamRole, stack.resource(role).path).attributes["assume_role_policy"]);
}

/** ARNs of the policies of others that a role has. */
export function managedPoliciesOf(stack: Synthesized, role: string): string[] {
  return stack
    .all(IamRolePolicyAttachment)
    .filter(({ attributes }) => referred(attributes["role"]) === role)
    .map(({ attributes }) => String(attributes["policy_arn"]));
}

function parse(document: string): PolicyStatement[] {
  return (JSON.parse(document) as { Statement: PolicyStatement[] }).Statement;
}
