import { z } from "zod";
import { Topology } from "../../topology/topology";
import { Check, Discovery } from "../check";
import { loadBalancerPairs } from "../load-balancer-pairs";

/** Seconds for TCP where the listener sets nothing. */
const LOAD_BALANCER_DEFAULT = 350;

/** Of an appliance's configuration, all that matters here. */
const idleSchema = z.object({ flowIdleSeconds: z.number() });

/** The appliance must remember flows at least as long as the load balancer. */
export const idleTimeout: Check = {
  id: "idle-timeout",
  severity: "warning",
  title: "The appliance forgets flows before the load balancer does",
  why: "The load balancer goes on sending an idle flow's packets to the appliance, which no longer knows the flow and drops or misroutes them.",
  fix: "Make every timeout of the appliance (connection tracking, flow memory) longer than tcp_idle_timeout_seconds of the listener, 350 s by default.",
  source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html#idle-timeout",
  find: ({ topology }) =>
    loadBalancerPairs(topology).flatMap(({ balancer, targets }) => {
      const listener = topology.listeners.find((one) => one.loadBalancerArn === balancer.arn);
      const limit = listener?.tcpIdleTimeoutSeconds ?? LOAD_BALANCER_DEFAULT;
      const ids = targets.map(({ target }) => target.id);
      return timeouts(topology, ids)
        .filter(({ seconds }) => seconds < limit)
        .map(({ address, setting, seconds }) => ({
          address,
          what: `${setting} is ${seconds} s, the load balancer's idle timeout ${limit} s`,
        }));
    }),
};

type Timeout = Omit<Discovery, "what"> & { readonly setting: string; readonly seconds: number };

function timeouts(topology: Topology, targetIds: readonly string[]): readonly Timeout[] {
  const instances = topology.instances.filter((one) => targetIds.includes(one.id));
  const groups = topology.autoScalingGroups.filter((one) => targetIds.includes(one.id));
  const templates = topology.launchTemplates.filter((one) =>
    [...instances, ...groups].some((machine) => machine.launchTemplateId === one.id),
  );
  const machines = [...instances, ...templates];
  const tracked = machines.flatMap(({ address, tcpEstablishedTimeoutSeconds: seconds }): Timeout[] =>
    seconds === undefined || seconds === 0
      ? []
      : [{ address, setting: "EC2's connection tracking, tcp_established_timeout,", seconds }],
  );
  const sysctls = machines.flatMap(({ address, userData }) =>
    [...(userData ?? "").matchAll(/nf_conntrack_tcp_timeout_established\s*=\s*(\d+)/g)].map(([, seconds]): Timeout => ({
      address,
      setting: "net.netfilter.nf_conntrack_tcp_timeout_established in the user data",
      seconds: Number(seconds),
    })),
  );
  return [
    ...tracked,
    ...sysctls,
    ...topology.s3Objects.flatMap((object) => agentTimeout(object.address, object.content)),
  ];
}

function agentTimeout(address: string, content: string | undefined): readonly Timeout[] {
  if (content?.includes("flowIdleSeconds") !== true) return [];
  try {
    const parsed = idleSchema.safeParse(JSON.parse(content));
    return parsed.success
      ? [{ address, setting: "flowIdleSeconds of the appliance's configuration", seconds: parsed.data.flowIdleSeconds }]
      : [];
  } catch {
    return [];
  }
}
