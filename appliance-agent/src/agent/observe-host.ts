import type { DesiredState } from "../control/desired-state";
import type { ObservedState, SettledIptables } from "../control/reconcile";
import type { DataPath } from "../datapath/data-path";
import { hostFamilies } from "../host/host-families";
import { readOwnIptables } from "../host/iptables";
import { readPolicyRouting } from "../host/policy-routing";
import { isReadOnlySysctl, readSysctl } from "../host/sysctl";
import type { Family } from "../rules/cidr";
import type { PolicyRouting } from "../rules/policy-routing";

/** What other programs tell of the host: six processes, so it is read less often than the rest. */
export interface HostTables {
  /** Our chains now, as `ownIptablesLines` reads them. */
  readonly iptables: Readonly<Record<Family, readonly string[]>>;
  readonly routing: Readonly<Record<Family, PolicyRouting>>;
}

/** What only the agent knows. */
export interface AgentMemory {
  /** What the last restore made of our chains; absent before the first. */
  readonly settledIptables: ReadonlyMap<Family, SettledIptables>;
  readonly hooksRun: ReadonlySet<string>;
}

/** Asks iptables and `ip`; of a family that the kernel does not speak there is nothing. */
export async function readHostTables(families = hostFamilies()): Promise<HostTables> {
  const ipv6 = families.includes("ipv6");
  const [iptables4, iptables6, routing4, routing6] = await Promise.all([
    readOwnIptables("ipv4"),
    ipv6 ? readOwnIptables("ipv6") : [],
    readPolicyRouting("ipv4"),
    ipv6 ? readPolicyRouting("ipv6") : { rules: [], routes: [] },
  ]);
  return { iptables: { ipv4: iptables4, ipv6: iptables6 }, routing: { ipv4: routing4, ipv6: routing6 } };
}

/** Everything that `desired` names, as it is. */
export function observeHost(
  dataPath: DataPath,
  desired: DesiredState,
  tables: HostTables,
  { settledIptables, hooksRun }: AgentMemory,
): ObservedState {
  const { attached, sources, rulesId, endpoints, underlayMtu } = dataPath.observe();
  return {
    attached,
    underlayMtu,
    sources,
    ...(rulesId === undefined ? {} : { rulesId }),
    endpoints: new Map(endpoints.map(({ endpoint, admittedWith }) => [endpoint, { admittedWith }])),
    sysctls: new Map([...desired.sysctls.keys()].map((name) => [name, readSysctl(name)])),
    readOnlySysctls: new Set(leastValues(desired).filter((name) => isReadOnlySysctl(name))),
    iptables: {
      ipv4: { own: tables.iptables.ipv4, settled: settledIptables.get("ipv4") },
      ipv6: { own: tables.iptables.ipv6, settled: settledIptables.get("ipv6") },
    },
    routing: tables.routing,
    hooksRun,
  };
}

/** A value that is asked for and cannot be written is an error, and so is told; a least value may have been set by the host. */
function leastValues({ sysctls }: DesiredState): string[] {
  return [...sysctls].flatMap(([name, wanted]) => (typeof wanted === "string" ? [] : [name]));
}
