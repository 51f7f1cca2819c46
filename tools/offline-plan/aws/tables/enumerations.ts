import { registry } from "./documentation";

interface Row {
  /** Allowed values by argument; `health_check.protocol` is an argument of a nested block. */
  readonly arguments: Readonly<Record<string, readonly string[]>>;
  readonly source: string;
}

const row = (page: string, values: Row["arguments"]): Row => ({ arguments: values, source: registry(page) });
const onOff = ["enable", "disable"];

const targetGroup = row("lb_target_group", {
  "health_check.protocol": ["HTTP", "HTTPS", "TCP"],
  ip_address_type: ["ipv4", "ipv6"],
  load_balancing_algorithm_type: ["round_robin", "least_outstanding_requests", "weighted_random"],
  load_balancing_cross_zone_enabled: ["true", "false", "use_load_balancer_configuration"],
  protocol: ["GENEVE", "HTTP", "HTTPS", "TCP", "TCP_UDP", "TLS", "UDP", "QUIC", "TCP_QUIC"],
  "stickiness.type": ["lb_cookie", "app_cookie", "source_ip", "source_ip_dest_ip", "source_ip_dest_ip_proto"],
  "target_failover.on_deregistration": ["rebalance", "no_rebalance"],
  "target_failover.on_unhealthy": ["rebalance", "no_rebalance"],
  target_type: ["instance", "ip", "lambda", "alb"],
});

const loadBalancer = row("lb", {
  desync_mitigation_mode: ["monitor", "defensive", "strictest"],
  ip_address_type: ["ipv4", "dualstack", "dualstack-without-public-ipv4"],
  load_balancer_type: ["application", "gateway", "network"],
});

/** Arguments that take one of a few words. Terraform's schema only says "string". */
export const ENUMERATIONS: Readonly<Record<string, Row>> = {
  aws_alb: loadBalancer,
  aws_alb_target_group: targetGroup,
  aws_ec2_transit_gateway: row("ec2_transit_gateway", {
    auto_accept_shared_attachments: onOff,
    default_route_table_association: onOff,
    default_route_table_propagation: onOff,
    dns_support: onOff,
    multicast_support: onOff,
    security_group_referencing_support: onOff,
    vpn_ecmp_support: onOff,
  }),
  aws_ec2_transit_gateway_vpc_attachment: row("ec2_transit_gateway_vpc_attachment", {
    appliance_mode_support: onOff,
    dns_support: onOff,
    ipv6_support: onOff,
    security_group_referencing_support: onOff,
  }),
  aws_eip: row("eip", { domain: ["vpc", "standard"] }),
  aws_flow_log: row("flow_log", {
    log_destination_type: ["cloud-watch-logs", "s3", "kinesis-data-firehose"],
    traffic_type: ["ACCEPT", "REJECT", "ALL"],
  }),
  aws_instance: row("instance", {
    instance_initiated_shutdown_behavior: ["stop", "terminate"],
    "metadata_options.http_endpoint": ["enabled", "disabled"],
    "metadata_options.http_tokens": ["optional", "required"],
    tenancy: ["default", "dedicated", "host"],
  }),
  aws_launch_template: row("launch_template", {
    instance_initiated_shutdown_behavior: ["stop", "terminate"],
    "metadata_options.http_endpoint": ["enabled", "disabled"],
    "metadata_options.http_tokens": ["optional", "required"],
  }),
  aws_lb: loadBalancer,
  aws_lb_listener: row("lb_listener", {
    "default_action.type": [
      "authenticate-cognito",
      "authenticate-oidc",
      "fixed-response",
      "forward",
      "jwt-validation",
      "redirect",
    ],
    protocol: ["GENEVE", "HTTP", "HTTPS", "TCP", "TCP_UDP", "TLS", "UDP", "QUIC", "TCP_QUIC"],
  }),
  aws_lb_target_group: targetGroup,
  aws_nat_gateway: row("nat_gateway", { connectivity_type: ["private", "public"] }),
  aws_network_acl_rule: row("network_acl_rule", { rule_action: ["allow", "deny"] }),
  aws_s3_bucket_versioning: row("s3_bucket_versioning", {
    "versioning_configuration.status": ["Enabled", "Suspended", "Disabled"],
  }),
  aws_security_group_rule: row("security_group_rule", { type: ["ingress", "egress"] }),
  aws_ssm_parameter: row("ssm_parameter", {
    tier: ["Standard", "Advanced", "Intelligent-Tiering"],
    type: ["String", "StringList", "SecureString"],
  }),
  aws_vpc: row("vpc", { instance_tenancy: ["default", "dedicated"] }),
  aws_vpc_endpoint: row("vpc_endpoint", {
    ip_address_type: ["ipv4", "dualstack", "ipv6"],
    vpc_endpoint_type: ["Gateway", "GatewayLoadBalancer", "Interface", "Resource", "ServiceNetwork"],
  }),
};
