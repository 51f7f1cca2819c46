import { list, text, type Predictors, type Subject } from "./subject";

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html */
function loadBalancer(subject: Subject) {
  const { planned, world, number, region, name } = subject;
  const kind = { gateway: "gwy", network: "net" }[text(planned["load_balancer_type"]) ?? ""] ?? "app";
  const suffix = `${kind}/${name}/${number.slice(0, 16)}`;
  const arn = subject.arn("elasticloadbalancing", `loadbalancer/${suffix}`);
  const mapped = list(planned["subnet_mapping"]).map((it) => (it as { subnet_id?: string }).subnet_id ?? "");
  const subnets = list(planned["subnets"]).length ? list(planned["subnets"]).map(String) : mapped;
  return {
    id: arn,
    arn,
    arn_suffix: suffix,
    dns_name: kind === "gwy" ? "" : `${name}-${number.slice(0, 16)}.elb.${region}.amazonaws.com`,
    internal: kind === "gwy",
    ip_address_type: "ipv4",
    security_groups: [],
    subnets,
    vpc_id: world.get("aws_subnet", subnets[0])?.["vpc_id"] ?? "",
    zone_id: "Z32O12XQLNTSW2",
  };
}

function targetGroup(subject: Subject) {
  const { name, number } = subject;
  const suffix = `targetgroup/${name}/${number.slice(0, 16)}`;
  const arn = subject.arn("elasticloadbalancing", suffix);
  return {
    id: arn,
    arn,
    arn_suffix: suffix,
    connection_termination: false,
    ip_address_type: "ipv4",
    load_balancer_arns: [],
    load_balancing_algorithm_type: "round_robin",
    load_balancing_anomaly_mitigation: "off",
    load_balancing_cross_zone_enabled: "use_load_balancer_configuration",
    preserve_client_ip: "true",
    protocol_version: "",
  };
}

function listener({ planned, number }: Subject) {
  const balancer = text(planned["load_balancer_arn"]) ?? "";
  const arn = `${balancer.replace(":loadbalancer/", ":listener/")}/${number.slice(0, 16)}`;
  const isGateway = balancer.includes(":loadbalancer/gwy/");
  return {
    id: arn,
    arn,
    port: 0,
    protocol: "",
    ssl_policy: "",
    ...(isGateway ? { tcp_idle_timeout_seconds: 350 } : {}),
  };
}

/** Elastic Load Balancing. */
export const LOAD_BALANCING: Predictors = {
  aws_lb: loadBalancer,
  aws_alb: loadBalancer,
  aws_lb_target_group: targetGroup,
  aws_alb_target_group: targetGroup,
  aws_lb_listener: listener,
  aws_alb_listener: listener,
  aws_lb_listener_rule: ({ planned, number }) => {
    const arn = `${(text(planned["listener_arn"]) ?? "").replace(":listener/", ":listener-rule/")}/${number.slice(0, 16)}`;
    return { id: arn, arn };
  },
  aws_lb_target_group_attachment: ({ planned, number }) => ({
    id: `${text(planned["target_group_arn"]) ?? ""}-${number.slice(0, 26)}`,
  }),
};
