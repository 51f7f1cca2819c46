import type { AgentConfiguration } from "../rules/agent-configuration";
import { isAtLeast, type DesiredSysctl, type LeastValue } from "./desired-sysctl";
import type { ObservedState } from "./reconcile";

/**
 * Connections of the appliance itself, which have no flow: health checks, S3, SSH. The kernel remembers each for 120 s after
 * its end (`nf_conntrack_tcp_timeout_time_wait`), so that this is room for 136 new ones a second. Without any, an appliance
 * whose flow table is full would refuse the load balancer's health checks, and be taken out when it is needed most.
 */
const HOST_CONNECTIONS = 16_384;

/** The two sizes of connection tracking. */
const SIZES = [
  {
    name: "net.netfilter.nf_conntrack_buckets",
    /* A connection is in the hash table twice, once for each direction; measured in docs/performance.md, "Memory". */
    perConnection: 2,
    has: (value: string) => `${value} hash buckets`,
  },
  { name: "net.netfilter.nf_conntrack_max", perConnection: 1, has: (value: string) => `room for ${value} connections` },
] as const;

/** What connection tracking should be like, where it is used. The configuration's own `sysctls` come before it. */
export function connectionSysctls({ maxFlows, flowIdleSeconds }: AgentConfiguration): [string, DesiredSysctl][] {
  return [
    ...connectionTableSysctls(maxFlows),
    /*
     * The kernel remembers a silent connection for 5 days; a load balancer sends nothing of it after its idle timeout, and
     * `flowIdleSeconds` is longer than that. Until then the table would fill with flows that have ended.
     */
    ["net.netfilter.nf_conntrack_tcp_timeout_established", String(flowIdleSeconds)],
  ];
}

/**
 * Room for a connection for every flow, and a bucket for each of its two entries. When the table is full, packets of new
 * connections are dropped ("nf_conntrack: table full"); with few buckets, each packet looks through a long chain, and a
 * connection that would make it too long is refused. The kernel's own choice since Linux 5.15 (commit d532bcd0b269) is 262,144 of
 * both with more than 4 GiB of memory, 65,536 with more than 1 GiB, else one for each 128 KiB.
 *
 * The buckets come first, so that there are never more connections than they are meant for; `unload` goes the other way.
 * Writing one does not change the other: `nf_conntrack_max` follows the buckets only when the module is loaded.
 *
 * @see https://docs.kernel.org/networking/nf_conntrack-sysctl.html
 */
export function connectionTableSysctls(maxFlows: number): [string, LeastValue][] {
  return SIZES.map(({ name, perConnection }) => [name, { atLeast: perConnection * (maxFlows + HOST_CONNECTIONS) }]);
}

/**
 * What is too small for the flows and cannot be changed from here: both sizes are the whole kernel's, and read-only in every
 * network namespace but the first. Without a word about the host's own connections: those are not here then.
 *
 * @returns a sentence for each, for people
 */
export function connectionTrackingNotices({ maxFlows }: AgentConfiguration, observed: ObservedState): string[] {
  return SIZES.flatMap(({ name, has }) => {
    const value = observed.sysctls.get(name);
    if (value === undefined || !observed.readOnlySysctls.has(name) || isAtLeast(value, maxFlows)) return [];
    return [
      `connection tracking has ${has(value)}, maxFlows is ${maxFlows}; ` +
        `only the host's own network namespace can change it: set ${name} there`,
    ];
  });
}
