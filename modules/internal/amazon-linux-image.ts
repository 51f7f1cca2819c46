import { DataAwsAmi } from "@cdktf/provider-aws/lib/data-aws-ami";
import { DataAwsSsmParameter } from "@cdktf/provider-aws/lib/data-aws-ssm-parameter";
import { Construct } from "constructs";
import { Architecture } from "./architecture";

/** Props for {@link AmazonLinuxImage}. */
export interface AmazonLinuxImageProps {
  /** CPU architecture; AWS finds no image when the parameter names one of another. */
  readonly architecture: Architecture;
  /**
   * SSM parameter that holds an AMI's id; `:<version>` behind its name pins one.
   *
   * @default - Amazon Linux 2023's newest for the architecture
   * @see https://docs.aws.amazon.com/linux/al2023/ug/ec2.html#launch-via-aws-cli
   */
  readonly amiParameter?: string;
}

/** Amazon Linux 2023, by SSM parameter, so that no image id of one region or one month is written down. */
export class AmazonLinuxImage extends Construct {
  /** The image's id. */
  readonly imageId: string;

  constructor(scope: Construct, id: string, props: AmazonLinuxImageProps) {
    super(scope, id);
    const { architecture } = props;
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
      owners: ["amazon", "self"],
    }).id;
  }
}
