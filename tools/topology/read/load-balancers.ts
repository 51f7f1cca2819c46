import { blocks, flag, number, text, texts } from "../resource";
import { HealthCheck, Listener, LoadBalancer, TargetGroup } from "../topology";
import { partOf, Resources, whyUndetermined } from "./resources";

/** Load balancers. */
export function readLoadBalancers(resources: Resources): readonly LoadBalancer[] {
  return resources.ofType("aws_lb", "aws_alb").map((resource) => {
    const { values } = resource;
    const kind = text(values, "load_balancer_type");
    const part = partOf(resource);
    return {
      ...part,
      arn: text(values, "arn") ?? part.id,
      kind: kind === "gateway" || kind === "network" ? kind : "application",
      subnetIds: [
        ...texts(values, "subnets"),
        ...blocks(values, "subnet_mapping").flatMap((block) => text(block, "subnet_id") ?? []),
      ],
      crossZone: flag(values, "enable_cross_zone_load_balancing") ?? (kind !== "gateway" && kind !== "network"),
      internal: flag(values, "internal") ?? false,
      securityGroupIds: texts(values, "security_groups"),
      accessLogs: blocks(values, "access_logs").some((block) => flag(block, "enabled") === true),
    };
  });
}

/** Target groups with their registered targets. */
export function readTargetGroups(resources: Resources): readonly TargetGroup[] {
  const attachments = resources.ofType("aws_lb_target_group_attachment", "aws_alb_target_group_attachment");
  return resources.ofType("aws_lb_target_group", "aws_alb_target_group").map((resource) => {
    const { values } = resource;
    const part = partOf(resource);
    const arn = text(values, "arn") ?? part.id;
    const own = attachments.filter((one) => text(one.values, "target_group_arn") === arn);
    const type = text(values, "target_type");
    const failover = blocks(values, "target_failover")[0];
    const stickiness = blocks(values, "stickiness").find((block) => flag(block, "enabled") !== false);
    return {
      ...part,
      arn,
      protocol: text(values, "protocol"),
      port: number(values, "port"),
      targetType: type === "ip" || type === "alb" || type === "lambda" ? type : "instance",
      vpcId: text(values, "vpc_id"),
      healthCheck: healthCheckOf(values),
      stickiness: stickiness && text(stickiness, "type"),
      failover: failover && {
        onDeregistration: text(failover, "on_deregistration"),
        onUnhealthy: text(failover, "on_unhealthy"),
      },
      crossZone: text(values, "load_balancing_cross_zone_enabled"),
      targetIds: own.flatMap((one) => text(one.values, "target_id") ?? []),
      autoScalingGroups: autoScalingGroupsOf(resources, arn),
      undeterminedTargets: attachments
        .filter(
          (one) =>
            text(one.values, "target_group_arn") === undefined ||
            (own.includes(one) && text(one.values, "target_id") === undefined),
        )
        .map(
          (one) =>
            whyUndetermined(one, "target_group_arn") ??
            whyUndetermined(one, "target_id") ??
            `${one.address} names no target`,
        ),
    };
  });
}

/** Listeners. A gateway listener has neither protocol nor port. */
export function readListeners(resources: Resources): readonly Listener[] {
  return resources.ofType("aws_lb_listener", "aws_alb_listener").map((resource) => {
    const { values } = resource;
    const actions = blocks(values, "default_action");
    const forwards = actions
      .flatMap((action) => blocks(action, "forward"))
      .flatMap((forward) => blocks(forward, "target_group"));
    return {
      ...partOf(resource),
      loadBalancerArn: text(values, "load_balancer_arn"),
      targetGroupArns: [
        ...actions.flatMap((action) => text(action, "target_group_arn") ?? []),
        ...forwards.flatMap((group) => text(group, "arn") ?? []),
      ],
      protocol: text(values, "protocol"),
      port: number(values, "port"),
      tcpIdleTimeoutSeconds: number(values, "tcp_idle_timeout_seconds") || undefined,
    };
  });
}

function healthCheckOf(values: Readonly<Record<string, unknown>>): HealthCheck | undefined {
  const [block] = blocks(values, "health_check");
  if (!block) return undefined;
  return {
    enabled: flag(block, "enabled") ?? true,
    protocol: text(block, "protocol") ?? "TCP",
    port: text(block, "port") ?? String(number(block, "port") ?? "traffic-port"),
    path: text(block, "path"),
    intervalSeconds: number(block, "interval"),
  };
}

function autoScalingGroupsOf(resources: Resources, arn: string): readonly string[] {
  const inline = resources
    .ofType("aws_autoscaling_group")
    .filter(
      (group) =>
        texts(group.values, "target_group_arns").includes(arn) ||
        blocks(group.values, "traffic_source").some((source) => text(source, "identifier") === arn),
    )
    .map((group) => partOf(group).id);
  const separate = resources
    .ofType("aws_autoscaling_attachment", "aws_autoscaling_traffic_source_attachment")
    .filter(
      (one) =>
        text(one.values, "lb_target_group_arn") === arn ||
        blocks(one.values, "traffic_source").some((source) => text(source, "identifier") === arn),
    )
    .flatMap((one) => text(one.values, "autoscaling_group_name") ?? []);
  return [...new Set([...inline, ...separate])];
}
