import { Instance, InstanceConfig } from "@cdktf/provider-aws/lib/instance";
import { Construct } from "constructs";

/** GiB of Amazon Linux 2023's own image; a root volume cannot be smaller. */
export const SMALLEST_ROOT_VOLUME_GIB = 8;

/** What a {@link Machine} does not decide itself. */
export interface MachineProps {
  /** AMI's id. */
  readonly imageId: string;
  /** EC2 instance type, of the image's architecture. */
  readonly instanceType: string;
  /** Subnet with a way to the internet. */
  readonly subnetId: string;
  /** The security group. */
  readonly securityGroupId: string;
  /** Name of the instance profile. */
  readonly instanceProfile: string;
  /** Boot script, gzip and base64; a change replaces the machine. */
  readonly userDataBase64: string;
  /** What has to exist before the machine boots. */
  readonly dependsOn: NonNullable<InstanceConfig["dependsOn"]>;
  /**
   * IPv4 address in the subnet.
   *
   * @default - AWS chooses one
   */
  readonly privateIp?: string;
  /**
   * Whether the machine may send and receive packets of others, which is what forwarding un-encapsulated packets needs.
   *
   * @default "own-packets"
   */
  readonly forwarding?: "own-packets" | "others-packets";
  /**
   * Whether a replacement starts before its predecessor ends; impossible with a fixed `privateIp`.
   *
   * @default "after"
   */
  readonly replacement?: "before" | "after";
}

/** An EC2 instance without SSH, with IMDSv2 only and an encrypted volume. */
export class Machine extends Construct {
  /** The instance. */
  readonly instance: Instance;

  constructor(scope: Construct, id: string, props: MachineProps) {
    super(scope, id);
    this.instance = new Instance(this, "instance", {
      ami: props.imageId,
      instanceType: props.instanceType,
      subnetId: props.subnetId,
      vpcSecurityGroupIds: [props.securityGroupId],
      associatePublicIpAddress: true,
      privateIp: props.privateIp,
      sourceDestCheck: props.forwarding !== "others-packets",
      iamInstanceProfile: props.instanceProfile,
      userDataBase64: props.userDataBase64,
      userDataReplaceOnChange: true,
      // One hop: no packet that the machine forwards can carry the machine's credentials away.
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: {
        encrypted: true,
        volumeType: "gp3",
        volumeSize: SMALLEST_ROOT_VOLUME_GIB,
        tags: { Name: this.node.path },
      },
      dependsOn: props.dependsOn,
      lifecycle: { createBeforeDestroy: props.replacement === "before" },
    });
  }
}
