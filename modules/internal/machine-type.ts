import { DataAwsAmi } from "@cdktf/provider-aws/lib/data-aws-ami";
import { DataAwsSsmParameter } from "@cdktf/provider-aws/lib/data-aws-ssm-parameter";
import { Construct } from "constructs";
import { Architecture, requireArchitecture } from "./architecture";

/** What kind of machine to start, and from which image. */
export interface MachineTypeProps {
  /**
   * CPU architecture.
   *
   * @default "arm64"
   */
  readonly architecture?: Architecture;
  /**
   * EC2 instance type, of that architecture.
   *
   * @default "t4g.micro"
   */
  readonly instanceType?: string;
  /**
   * SSM parameter that holds an AMI's id; `:<version>` behind its name pins one.
   *
   * @default - Amazon Linux 2023's newest for the architecture
   * @see https://docs.aws.amazon.com/linux/al2023/ug/ec2.html#launch-via-aws-cli
   */
  readonly amiParameter?: string;
}

/**
 * An EC2 instance type and an image that runs on it.
 *
 * The image comes by SSM parameter, so that no image id of one region or one month is written down.
 */
export class MachineType extends Construct {
  /** The EC2 instance type. */
  readonly instanceType: string;
  /** The image's id. */
  readonly imageId: string;

  constructor(scope: Construct, id: string, props: MachineTypeProps) {
    super(scope, id);
    const architecture = props.architecture ?? "arm64";
    this.instanceType = props.instanceType ?? "t4g.micro";
    requireArchitecture(scope.node.path, this.instanceType, architecture);
    const parameter = new DataAwsSsmParameter(this, "parameter", {
      name: props.amiParameter ?? `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`,
    });
    // Read back with a filter, so that a parameter of another architecture fails in the plan and not in a boot loop.
    this.imageId = new DataAwsAmi(this, "image", {
      filter: [
        { name: "image-id", values: [parameter.insecureValue] },
        { name: "architecture", values: [architecture] },
      ],
      mostRecent: true,
      // Amazon Linux's images are deprecated after 90 days and then not listed unless asked for: a pinned one would be lost.
      // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html
      includeDeprecated: true,
      owners: ["amazon", "self"],
    }).id;
  }
}
