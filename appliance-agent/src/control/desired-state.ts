import type { Family } from "../rules/cidr";
import type { EndpointSlot } from "../rules/endpoint-slot";
import { policyRouting, type PolicyRouting } from "../rules/policy-routing";
import { desiredIptables, type IptablesTables } from "../rules/iptables";
import type { AgentConfiguration } from "../rules/agent-configuration";
import type { RuleTable } from "../rules/rule-table";
import { connectionSysctls } from "./connection-tracking";
import type { DesiredSysctl } from "./desired-sysctl";

/** A GWLB endpoint that this appliance serves in routed mode. */
export interface ServedEndpoint extends EndpointSlot {
  /** 16 hexadecimal digits. */
  readonly endpoint: string;
}

/** What the host should look like; everything in it is a value. */
export interface DesiredState {
  /** On which GENEVE arrives. */
  readonly underlayInterface: string;
  readonly sources: readonly string[];
  readonly rules: { readonly id: string; readonly count: number };
  readonly sysctls: ReadonlyMap<string, DesiredSysctl>;
  readonly endpoints: readonly ServedEndpoint[];
  /** Do packets arrive at `gwi-X` with the endpoint's mark, which `GWLB-ENDPOINTS` asks for. */
  readonly marksPackets: boolean;
  /** Our chains. */
  readonly iptables: Readonly<Record<Family, IptablesTables>>;
  readonly routing: Readonly<Record<Family, PolicyRouting>>;
  /** Run once for each endpoint. @default - none */
  readonly createHook?: string;
}

/**
 * What a configuration asks of the host.
 *
 * @param families that the kernel speaks; of another one nothing is wanted
 */
export function desiredState(
  configuration: AgentConfiguration,
  rules: RuleTable,
  underlayInterface: string,
  endpoints: readonly ServedEndpoint[],
  families: readonly Family[] = ["ipv4", "ipv6"],
): DesiredState {
  const routed = configuration.mode === "routed";
  const served = routed ? endpoints : [];
  const createHook = routed ? configuration.hooks.create : undefined;
  /* A create script routes between gwi-X and gwo-X itself, as under gwlbtun; rules of ours would come before its own. */
  const routedByUs = createHook === undefined ? served : [];
  const underlayDestinations = routed && createHook === undefined ? configuration.underlayDestinations : [];
  const iptables = (family: Family) =>
    desiredIptables(routed && families.includes(family) ? configuration.iptables[family] : [], routedByUs);
  const routing = (family: Family) =>
    families.includes(family) ? policyRouting(family, routedByUs, underlayDestinations) : { rules: [], routes: [] };
  const chains = { ipv4: iptables("ipv4"), ipv6: iptables("ipv6") };
  const isTracked = chains.ipv4.size + chains.ipv6.size > 0;
  return {
    underlayInterface,
    sources: configuration.geneveSources,
    rules: { id: rules.id, count: configuration.rules.length },
    sysctls: new Map<string, DesiredSysctl>([
      ...(isTracked ? connectionSysctls(configuration) : []),
      ...Object.entries(configuration.sysctls),
      ...served.flatMap((endpoint) => deviceSysctls(endpoint, chains.ipv4.size > 0)),
    ]),
    endpoints: served,
    marksPackets: createHook === undefined && isTracked,
    iptables: chains,
    routing: { ipv4: routing("ipv4"), ipv6: routing("ipv6") },
    ...(createHook === undefined ? {} : { createHook }),
  };
}

/**
 * Reverse path filtering would drop what arrives at gwi-X, whose answers leave by gwo-X. systemd's udev rule sets a new
 * device's value back to 2 some 40 ms after it appears. IPv6 is on even where `all.disable_ipv6` has switched it off: the
 * devices are the agent's own, and without it their IPv6 routes fail.
 *
 * accept_local saves a routed packet 5 to 8 % of its time: with rules in `ip rule` the kernel looks its source up in the
 * routing tables only to drop what comes from an address of the host's own. Where the agent has chains, one of them does
 * that, for what would reach a socket.
 */
function deviceSysctls({ ingress, egress }: ServedEndpoint, hasChains: boolean): [string, string][] {
  return [
    ...[ingress, egress].flatMap((device): [string, string][] => [
      [`net.ipv4.conf.${device}.rp_filter`, "0"],
      [`net.ipv6.conf.${device}.disable_ipv6`, "0"],
    ]),
    [`net.ipv4.conf.${ingress}.accept_local`, hasChains ? "1" : "0"],
  ];
}
