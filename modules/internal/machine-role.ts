import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { partitionOf } from "./availability-zone";

/** Props for {@link MachineRole}. */
export interface MachineRoleProps {
  /** AWS region of the machine; decides the partition of AWS's managed policies. */
  readonly region: string;
}

/** What a machine may do: be managed by Systems Manager, which takes the place of SSH. */
export class MachineRole extends Construct {
  /** The role, to grant more to. */
  readonly role: IamRole;
  /** Name of the instance profile. */
  readonly instanceProfile: string;
  /** What a machine must depend on to be reachable by Systems Manager when it boots. */
  readonly ready: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: MachineRoleProps) {
    super(scope, id);
    this.role = new IamRole(this, "role", {
      namePrefix: "gwlb-",
      assumeRolePolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } }],
      }),
    });
    const management = new IamRolePolicyAttachment(this, "systems-manager", {
      role: this.role.name,
      policyArn: `arn:${partitionOf(props.region)}:iam::aws:policy/AmazonSSMManagedInstanceCore`,
    });
    const profile = new IamInstanceProfile(this, "profile", { namePrefix: "gwlb-", role: this.role.name });
    this.instanceProfile = profile.name;
    this.ready = [management];
  }
}
