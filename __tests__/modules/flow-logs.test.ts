import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { FlowLog } from "@cdktf/provider-aws/lib/flow-log";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { FlowLogs, FlowLogsProps } from "../../modules/flow-logs";
import { statementsOf, trustOf } from "../support/iam";
import { Synthesized, referred } from "../support/synth";

const synthesize = (props: Partial<FlowLogsProps> = {}) =>
  new Synthesized(
    (scope) =>
      new FlowLogs(scope, "flow-logs", {
        vpcs: { client: { vpcId: "vpc-0c" }, inspection: { vpcId: "vpc-0i" } },
        ...props,
      }),
  );

test("each VPC's packets, accepted and refused, go to a log group of its own that forgets them", () => {
  const stack = synthesize();
  const logs = stack.all(FlowLog).map(({ attributes }) => attributes);
  expect(logs.map(({ vpc_id, traffic_type }) => [vpc_id as string, traffic_type as string])).toEqual([
    ["vpc-0c", "ALL"],
    ["vpc-0i", "ALL"],
  ]);
  expect(logs.map(({ log_destination }) => referred(log_destination as string))).toEqual(
    stack.all(CloudwatchLogGroup).map(({ ref }) => ref),
  );
  for (const { attributes } of stack.all(CloudwatchLogGroup)) expect(attributes["retention_in_days"]).toBe(14);
});

test("records name a packet's own addresses, not only those of the interface that it passes", () => {
  const format = synthesize().all(FlowLog)[0]?.attributes["log_format"] as string;
  // Terraform reads $${x} as the text ${x}.
  expect(format.split(" ")).toEqual(expect.arrayContaining(["$${version}", "$${pkt-srcaddr}", "$${pkt-dstaddr}"]));
  expect(format.split(" ").every((field) => /^\$\$\{[a-z-]+\}$/.test(field))).toBe(true);
});

test("retention and key can be chosen", () => {
  const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/1234";
  for (const { attributes } of synthesize({ retentionDays: 365, kmsKeyArn }).all(CloudwatchLogGroup)) {
    expect(attributes).toMatchObject({ retention_in_days: 365, kms_key_id: kmsKeyArn });
  }
  for (const { attributes } of synthesize().all(CloudwatchLogGroup))
    expect(attributes).not.toHaveProperty("kms_key_id");
});

test("the flow log service, for this account only, may write to these groups only", () => {
  const stack = synthesize();
  const role = stack.only(IamRole).ref;
  const [account] = stack.dataSources;
  expect(trustOf(stack, role)).toEqual([
    {
      Effect: "Allow",
      Action: "sts:AssumeRole",
      Principal: { Service: "vpc-flow-logs.amazonaws.com" },
      Condition: { StringEquals: { "aws:SourceAccount": `\${${String(account?.ref)}.account_id}` } },
    },
  ]);
  expect(statementsOf(stack, role)).toEqual([
    {
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"],
      Resource: stack.all(CloudwatchLogGroup).flatMap(({ ref }) => [`\${${ref}.arn}`, `\${${ref}.arn}:*`]),
    },
  ]);
});
