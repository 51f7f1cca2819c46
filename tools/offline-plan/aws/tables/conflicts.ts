import { registry } from "./documentation";

interface Row {
  /** Each group: at most one of these may be given. */
  readonly atMostOne?: readonly (readonly string[])[];
  /** Each group: exactly one of these must be given. */
  readonly exactlyOne?: readonly (readonly string[])[];
  readonly source: string;
}

const row = (page: string, rules: Omit<Row, "source">): Row => ({ ...rules, source: registry(page) });

const ROUTE_TARGETS = [
  "carrier_gateway_id",
  "core_network_arn",
  "egress_only_gateway_id",
  "gateway_id",
  "local_gateway_id",
  "nat_gateway_id",
  "network_interface_id",
  "transit_gateway_id",
  "vpc_endpoint_id",
  "vpc_peering_connection_id",
];

const loadBalancer = row("lb", { atMostOne: [["name", "name_prefix"]], exactlyOne: [["subnets", "subnet_mapping"]] });
const targetGroup = row("lb_target_group", { atMostOne: [["name", "name_prefix"]] });
const named = (page: string) => row(page, { atMostOne: [["name", "name_prefix"]] });

/** Arguments that exclude each other. Terraform's schema calls each of them optional. */
export const CONFLICTS: Readonly<Record<string, Row>> = {
  aws_alb: loadBalancer,
  aws_alb_target_group: targetGroup,
  aws_autoscaling_group: row("autoscaling_group", {
    atMostOne: [
      ["name", "name_prefix"],
      ["availability_zones", "vpc_zone_identifier"],
    ],
    exactlyOne: [["launch_configuration", "launch_template", "mixed_instances_policy"]],
  }),
  aws_cloudwatch_log_group: named("cloudwatch_log_group"),
  aws_eip: row("eip", { atMostOne: [["instance", "network_interface"]] }),
  aws_flow_log: row("flow_log", {
    exactlyOne: [
      [
        "eni_id",
        "regional_nat_gateway_id",
        "subnet_id",
        "transit_gateway_attachment_id",
        "transit_gateway_id",
        "vpc_id",
      ],
    ],
  }),
  aws_iam_instance_profile: named("iam_instance_profile"),
  aws_iam_policy: named("iam_policy"),
  aws_iam_role: named("iam_role"),
  aws_iam_role_policy: named("iam_role_policy"),
  aws_instance: row("instance", {
    atMostOne: [
      ["user_data", "user_data_base64"],
      ["network_interface", "subnet_id"],
      ["network_interface", "vpc_security_group_ids"],
      ["network_interface", "associate_public_ip_address"],
      ["network_interface", "private_ip"],
    ],
  }),
  aws_key_pair: row("key_pair", { atMostOne: [["key_name", "key_name_prefix"]] }),
  aws_launch_template: row("launch_template", {
    atMostOne: [
      ["name", "name_prefix"],
      ["security_group_names", "vpc_security_group_ids"],
    ],
  }),
  aws_lb: loadBalancer,
  aws_lb_target_group: targetGroup,
  aws_route: row("route", {
    exactlyOne: [
      ["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"],
      ROUTE_TARGETS,
    ],
  }),
  aws_route_table_association: row("route_table_association", { exactlyOne: [["subnet_id", "gateway_id"]] }),
  aws_s3_bucket: row("s3_bucket", { atMostOne: [["bucket", "bucket_prefix"]] }),
  aws_s3_object: row("s3_object", { atMostOne: [["content", "content_base64", "source"]] }),
  aws_security_group: named("security_group"),
  aws_subnet: row("subnet", { atMostOne: [["availability_zone", "availability_zone_id"]] }),
  aws_vpc: row("vpc", { atMostOne: [["cidr_block", "ipv4_netmask_length"]] }),
  aws_vpc_endpoint: row("vpc_endpoint", {
    exactlyOne: [["service_name", "resource_configuration_arn", "service_network_arn"]],
  }),
  aws_vpc_endpoint_service: row("vpc_endpoint_service", {
    atMostOne: [["gateway_load_balancer_arns", "network_load_balancer_arns"]],
  }),
  aws_vpc_security_group_egress_rule: row("vpc_security_group_egress_rule", {
    exactlyOne: [["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"]],
  }),
  aws_vpc_security_group_ingress_rule: row("vpc_security_group_ingress_rule", {
    exactlyOne: [["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"]],
  }),
};
