import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { FlowLog } from "@cdktf/provider-aws/lib/flow-log";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";

/**
 * Fields of a record. AWS's default ones first; then those that follow a packet through an insertion: its own addresses
 * (pkt-*), not those of the interface that it passes, and the way that it takes.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
 */
const FIELDS =
  "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status " +
  "vpc-id subnet-id az-id tcp-flags type pkt-srcaddr pkt-dstaddr flow-direction traffic-path";

/** Retention periods, in days, that CloudWatch Logs accepts. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** A VPC whose packets are logged. */
export interface LoggedVpc {
  readonly vpcId: string;
}

/** Props for {@link FlowLogs}. */
export interface FlowLogsProps {
  /** Whose packets are logged, by a name that tells them apart. */
  readonly vpcs: Readonly<Record<string, LoggedVpc>>;
  /**
   * Days for which records are kept, one of {@link RETENTION_DAYS}.
   *
   * @default 14
   */
  readonly retentionDays?: (typeof RETENTION_DAYS)[number];
  /**
   * KMS key that encrypts the records; its policy must let CloudWatch Logs of the region use it.
   *
   * @default - CloudWatch Logs encrypts with a key of its own
   * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
   */
  readonly kmsKeyArn?: string;
}

/** Flow logs of VPCs in CloudWatch Logs, one log group for each. */
export class FlowLogs extends Construct {
  /** Names of the log groups, in the order of the VPCs. */
  readonly logGroupNames: readonly string[];

  constructor(scope: Construct, id: string, props: FlowLogsProps) {
    super(scope, id);
    const vpcs = Object.entries(props.vpcs);
    const groups = vpcs.map(([name]) => this.addLogGroup(name, props));
    this.logGroupNames = groups.map((group) => group.name);
    const role = this.addRole(groups);
    vpcs.forEach(([name, { vpcId }], index) => {
      new FlowLog(this, name, {
        vpcId,
        trafficType: "ALL",
        logDestinationType: "cloud-watch-logs",
        logDestination: groups[index]?.arn,
        iamRoleArn: role.arn,
        // $${...} is how Terraform writes a ${...} that is not its own.
        logFormat: FIELDS.split(" ")
          .map((field) => `$\${${field}}`)
          .join(" "),
      });
    });
  }

  private addLogGroup(name: string, props: FlowLogsProps): CloudwatchLogGroup {
    return new CloudwatchLogGroup(this, `${name}-log-group`, {
      namePrefix: `/gwlb/${name}-flows-`,
      retentionInDays: props.retentionDays ?? 14,
      kmsKeyId: props.kmsKeyArn,
    });
  }

  /** @see https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html */
  private addRole(groups: readonly CloudwatchLogGroup[]): IamRole {
    const account = new DataAwsCallerIdentity(this, "account").accountId;
    const role = new IamRole(this, "role", {
      namePrefix: "gwlb-flow-logs-",
      assumeRolePolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: "sts:AssumeRole",
            Principal: { Service: "vpc-flow-logs.amazonaws.com" },
            // Only for this account's flow logs: the service must not be talked into using the role for another's.
            Condition: { StringEquals: { "aws:SourceAccount": account } },
          },
        ],
      }),
    });
    new IamRolePolicy(this, "write-records", {
      namePrefix: "write-records-",
      role: role.name,
      policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            Resource: groups.flatMap(({ arn }) => [arn, `${arn}:*`]),
          },
        ],
      }),
    });
    return role;
  }
}
