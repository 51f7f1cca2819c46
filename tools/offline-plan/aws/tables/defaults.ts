import type { CtyObject } from "../../protocol/cty-value";
import { registry } from "./documentation";

interface Row {
  readonly values: CtyObject;
  readonly source: string;
}

const row = (page: string, values: CtyObject): Row => ({ values, source: registry(page) });

const loadBalancer = row("lb", {
  client_keep_alive: 3600,
  desync_mitigation_mode: "defensive",
  drop_invalid_header_fields: false,
  enable_cross_zone_load_balancing: false,
  enable_deletion_protection: false,
  enable_http2: true,
  enable_tls_version_and_cipher_suite_headers: false,
  enable_waf_fail_open: false,
  enable_xff_client_port: false,
  enable_zonal_shift: false,
  idle_timeout: 60,
  load_balancer_type: "application",
  preserve_host_header: false,
  xff_header_processing_mode: "append",
});

const targetGroup = row("lb_target_group", {
  deregistration_delay: "300",
  lambda_multi_value_headers_enabled: false,
  proxy_protocol_v2: false,
  slow_start: 0,
  target_type: "instance",
});

/** Values that the provider gives to arguments that are left out. The schema does not say. */
export const DEFAULTS: Readonly<Record<string, Row>> = {
  aws_alb: loadBalancer,
  aws_alb_target_group: targetGroup,
  aws_autoscaling_group: row("autoscaling_group", {
    force_delete: false,
    force_delete_warm_pool: false,
    health_check_grace_period: 300,
    ignore_failed_scaling_activities: false,
    metrics_granularity: "1Minute",
    protect_from_scale_in: false,
    wait_for_capacity_timeout: "10m",
  }),
  aws_cloudwatch_log_group: row("cloudwatch_log_group", {
    log_group_class: "STANDARD",
    retention_in_days: 0,
    skip_destroy: false,
  }),
  aws_cloudwatch_metric_alarm: row("cloudwatch_metric_alarm", { actions_enabled: true, treat_missing_data: "missing" }),
  aws_default_security_group: row("default_security_group", { revoke_rules_on_delete: false }),
  aws_default_vpc: row("default_vpc", { enable_dns_hostnames: true, enable_dns_support: true, force_destroy: false }),
  aws_ec2_transit_gateway: row("ec2_transit_gateway", {
    amazon_side_asn: 64512,
    auto_accept_shared_attachments: "disable",
    default_route_table_association: "enable",
    default_route_table_propagation: "enable",
    dns_support: "enable",
    multicast_support: "disable",
    security_group_referencing_support: "disable",
    vpn_ecmp_support: "enable",
  }),
  aws_ec2_transit_gateway_route: row("ec2_transit_gateway_route", { blackhole: false }),
  aws_ec2_transit_gateway_vpc_attachment: row("ec2_transit_gateway_vpc_attachment", {
    appliance_mode_support: "disable",
    dns_support: "enable",
    ipv6_support: "disable",
  }),
  aws_flow_log: row("flow_log", { log_destination_type: "cloud-watch-logs", max_aggregation_interval: 600 }),
  aws_iam_instance_profile: row("iam_instance_profile", { path: "/" }),
  aws_iam_policy: row("iam_policy", { path: "/" }),
  aws_iam_role: row("iam_role", { force_detach_policies: false, max_session_duration: 3600, path: "/" }),
  aws_instance: row("instance", {
    force_destroy: false,
    get_password_data: false,
    source_dest_check: true,
    user_data_replace_on_change: false,
  }),
  aws_kms_key: row("kms_key", {
    bypass_policy_lockout_safety_check: false,
    customer_master_key_spec: "SYMMETRIC_DEFAULT",
    enable_key_rotation: false,
    is_enabled: true,
    key_usage: "ENCRYPT_DECRYPT",
  }),
  aws_lb: loadBalancer,
  aws_lb_target_group: targetGroup,
  aws_nat_gateway: row("nat_gateway", { connectivity_type: "public" }),
  aws_network_acl_rule: row("network_acl_rule", { egress: false }),
  aws_network_interface: row("network_interface", { source_dest_check: true }),
  aws_s3_bucket: row("s3_bucket", { force_destroy: false }),
  aws_s3_bucket_public_access_block: row("s3_bucket_public_access_block", {
    block_public_acls: false,
    block_public_policy: false,
    ignore_public_acls: false,
    restrict_public_buckets: false,
  }),
  aws_s3_object: row("s3_object", { force_destroy: false }),
  aws_security_group: row("security_group", { description: "Managed by Terraform", revoke_rules_on_delete: false }),
  aws_security_group_rule: row("security_group_rule", { self: false }),
  aws_sns_topic: row("sns_topic", { content_based_deduplication: false, fifo_topic: false }),
  aws_subnet: row("subnet", {
    assign_ipv6_address_on_creation: false,
    enable_dns64: false,
    enable_resource_name_dns_a_record_on_launch: false,
    enable_resource_name_dns_aaaa_record_on_launch: false,
    ipv6_native: false,
    map_public_ip_on_launch: false,
  }),
  aws_vpc: row("vpc", {
    assign_generated_ipv6_cidr_block: false,
    enable_dns_support: true,
    instance_tenancy: "default",
  }),
  aws_vpc_endpoint: row("vpc_endpoint", { vpc_endpoint_type: "Gateway" }),
};
