import { publicAddress } from "../aws-world";
import { companionId } from "./networking";
import { list, text, type Predictors, type Subject } from "./subject";

function instance(subject: Subject) {
  const { id, planned, world, number, region } = subject;
  const subnet = world.get("aws_subnet", planned["subnet_id"]);
  const attached = list(planned["network_interface"])
    .map((it) => it as { device_index?: number; network_interface_id?: string })
    .find((it) => it.device_index === 0)?.network_interface_id;
  const primary =
    attached ??
    text(
      (list(planned["primary_network_interface"])[0] as { network_interface_id?: string } | undefined)
        ?.network_interface_id,
    );
  const eni = primary ? world.get("aws_network_interface", primary) : undefined;
  const address = text(planned["private_ip"]) ?? text(eni?.["private_ip"]) ?? world.privateAddress(subnet, number);
  const isPublic =
    planned["associate_public_ip_address"] === true ||
    (planned["associate_public_ip_address"] !== false && subnet?.["map_public_ip_on_launch"] === true);
  const placed = subnet ?? world.get("aws_subnet", eni?.["subnet_id"]);
  return {
    arn: subject.arn("ec2", `instance/${id}`),
    ami: "ami-00000000000000000",
    associate_public_ip_address: isPublic,
    availability_zone: placed?.["availability_zone"] ?? `${region}a`,
    instance_state: "running",
    instance_type: "",
    ipv6_addresses: [],
    ipv6_address_count: 0,
    placement_group: "",
    primary_network_interface_id: primary ?? companionId("eni", id),
    private_ip: address,
    private_dns: `ip-${address.replace(/\./g, "-")}.${region}.compute.internal`,
    public_ip: isPublic ? publicAddress(number) : "",
    public_dns: "",
    secondary_private_ips: [],
    security_groups: [],
    subnet_id: eni?.["subnet_id"] ?? "",
    tenancy: "default",
    user_data: "",
    user_data_base64: "",
    vpc_security_group_ids: [companionId("sg", String(placed?.["vpc_id"] ?? id))],
  };
}

/** Amazon EC2 and EC2 Auto Scaling. */
export const COMPUTE: Predictors = {
  aws_instance: instance,
  aws_launch_template: ({ id, arn }) => ({
    arn: arn("ec2", `launch-template/${id}`),
    default_version: 1,
    latest_version: 1,
  }),
  aws_autoscaling_group: (subject) => ({
    id: subject.name,
    arn: subject.arn(
      "autoscaling",
      `autoScalingGroup:${subject.number.slice(0, 32)}:autoScalingGroupName/${subject.name}`,
    ),
    availability_zones: list(subject.planned["vpc_zone_identifier"])
      .map((it) => subject.world.get("aws_subnet", it)?.["availability_zone"])
      .filter((it) => it !== undefined),
    desired_capacity: subject.planned["min_size"] ?? 0,
    default_cooldown: 300,
    health_check_type: "EC2",
    vpc_zone_identifier: [],
    service_linked_role_arn: subject.globalArn(
      "iam",
      "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
    ),
  }),
  aws_key_pair: (subject) => {
    const name = text(subject.planned["key_name"]) ?? subject.name;
    return {
      id: name,
      arn: subject.arn("ec2", `key-pair/${name}`),
      key_name: name,
      key_pair_id: `key-0${subject.number.slice(0, 16)}`,
      key_type: "rsa",
      fingerprint: subject.number.slice(0, 32).match(/../g)?.join(":") ?? "",
    };
  },
  aws_ebs_volume: ({ id, arn }) => ({ arn: arn("ec2", `volume/${id}`), size: 8, type: "gp2", encrypted: false }),
  aws_lambda_function: (subject) => {
    const arn = subject.arn("lambda", `function:${text(subject.planned["function_name"]) ?? ""}`);
    return {
      id: text(subject.planned["function_name"]) ?? subject.id,
      arn,
      qualified_arn: `${arn}:$LATEST`,
      invoke_arn: `arn:aws:apigateway:${subject.region}:lambda:path/2015-03-31/functions/${arn}/invocations`,
      version: "$LATEST",
    };
  },
};
