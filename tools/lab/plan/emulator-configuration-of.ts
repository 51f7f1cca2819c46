import { blocks, flag, number, text } from "../../topology/resource";
import { LoadBalancer, TargetGroup, Topology } from "../../topology/topology";
import { Wiring } from "../fabric/wiring";
import { EmulatorConfiguration } from "../gwlb/emulator-configuration";

/** AWS's defaults where a plan leaves something out: seconds, and checks in a row. */
const DEFAULTS = { tcpIdle: 350, interval: 10, timeout: 5, threshold: 3 } as const;

/** Not configurable. @see https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html#idle-timeout */
const OTHER_IDLE_SECONDS = 120;

/** The stickiness of a target group, by `type` of the plan. */
const STICKINESS = { source_ip_dest_ip_proto: "3-tuple", source_ip_dest_ip: "2-tuple" } as const;

/**
 * The load balancer of a plan as the emulator takes it.
 *
 * @throws Error when the load balancer has no target group behind a listener
 */
export function emulatorConfigurationOf(wiring: Wiring): EmulatorConfiguration {
  const { topology, endpoints, nodes, instances } = wiring;
  const { balancer, group, tcpIdleSeconds } = behindListener(topology);
  return {
    endpoints: endpoints.map((port) => ({
      interface: port.interface,
      id: port.id,
      attachment: port.attachment,
      zone: port.subnet.zone ?? "",
      mac: port.mac,
      routerMac: port.routerMac,
    })),
    nodes: nodes.map(({ zone, interface: name, addresses: [address = ""] }) => ({ zone, interface: name, address })),
    targets: instances
      .filter(({ instance, addresses }) => group.targetIds.some((id) => id === instance.id || addresses.includes(id)))
      .map(({ host, addresses: [address = ""], subnet }) => ({ name: host, address, zone: subnet.zone ?? "" })),
    tcpIdleSeconds,
    otherIdleSeconds: OTHER_IDLE_SECONDS,
    stickiness: stickinessOf(topology, group),
    failover: group.failover?.onUnhealthy === "rebalance" ? "rebalance" : "no_rebalance",
    crossZone: group.crossZone === "true" || (group.crossZone !== "false" && balancer.crossZone),
    healthCheck: healthCheckOf(topology, group),
  };
}

function behindListener(topology: Topology): {
  readonly balancer: LoadBalancer;
  readonly group: TargetGroup;
  readonly tcpIdleSeconds: number;
} {
  for (const balancer of topology.loadBalancers.filter(({ kind }) => kind === "gateway")) {
    const listener = topology.listeners.find(({ loadBalancerArn }) => loadBalancerArn === balancer.arn);
    const group = topology.targetGroups.find(({ arn }) => listener?.targetGroupArns.includes(arn));
    if (group) return { balancer, group, tcpIdleSeconds: listener?.tcpIdleTimeoutSeconds ?? DEFAULTS.tcpIdle };
  }
  const [balancer] = topology.loadBalancers.map(({ address }) => address);
  throw new Error(
    `lab: no listener forwards to a target group of the plan, got ${balancer ?? "no load balancer"}; add a listener`,
  );
}

function stickinessOf(topology: Topology, group: TargetGroup): EmulatorConfiguration["stickiness"] {
  const [block = {}] = blocks(valuesOf(topology, group), "stickiness");
  if (flag(block, "enabled") !== true) return "5-tuple";
  return STICKINESS[text(block, "type") as keyof typeof STICKINESS];
}

function healthCheckOf(topology: Topology, group: TargetGroup): EmulatorConfiguration["healthCheck"] {
  const [check = {}] = blocks(valuesOf(topology, group), "health_check");
  const port = text(check, "port") ?? "traffic-port";
  return {
    protocol: text(check, "protocol") === "HTTP" ? "HTTP" : "TCP",
    port: port === "traffic-port" ? (group.port ?? 80) : Number(port),
    path: text(check, "path") ?? "/",
    matcher: text(check, "matcher") ?? "200-399",
    intervalSeconds: number(check, "interval") ?? DEFAULTS.interval,
    timeoutSeconds: number(check, "timeout") ?? DEFAULTS.timeout,
    healthyThreshold: number(check, "healthy_threshold") ?? DEFAULTS.threshold,
    unhealthyThreshold: number(check, "unhealthy_threshold") ?? DEFAULTS.threshold,
  };
}

function valuesOf({ resources }: Topology, { address }: TargetGroup): Readonly<Record<string, unknown>> {
  return resources.find((resource) => resource.address === address)?.values ?? {};
}
