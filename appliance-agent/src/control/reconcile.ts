import type { Family } from "../rules/cidr";
import { endpointMark } from "../rules/endpoint-slot";
import type { IptablesTables } from "../rules/iptables";
import { policyRoutingCommands, type PolicyRouting } from "../rules/policy-routing";
import type { Change } from "./change";
import type { DesiredState, ServedEndpoint } from "./desired-state";
import { sysctlToWrite } from "./desired-sysctl";

/** What the host looks like. */
export interface ObservedState {
  /** Is our program attached to the underlay interface. */
  readonly attached: boolean;
  /** Of the underlay interface; undefined when there is none. */
  readonly underlayMtu?: number | undefined;
  readonly sources: readonly string[];
  /** Of the loaded rule list. @default - none is loaded */
  readonly rulesId?: string;
  /** Endpoints whose devices exist, and with which mark their packets are let through; undefined: they are not. */
  readonly endpoints: ReadonlyMap<string, { readonly admittedWith: number | undefined }>;
  /** undefined: the kernel has no such parameter. */
  readonly sysctls: ReadonlyMap<string, string | undefined>;
  /** Least values that cannot be written here: of the whole kernel, in another network namespace than the first. */
  readonly readOnlySysctls: ReadonlySet<string>;
  readonly iptables: Readonly<Record<Family, ObservedIptables>>;
  readonly routing: Readonly<Record<Family, PolicyRouting>>;
  /** Endpoints for whose devices the create hook has been run. */
  readonly hooksRun: ReadonlySet<string>;
}

/** Our chains of one family. */
export interface ObservedIptables {
  /** As `ownIptablesLines` reads them now. */
  readonly own: readonly string[];
  /** What the last restore made of them. @default - none has been made */
  readonly settled?: SettledIptables;
}

/** What iptables made of the lines that it was given, in its own words. */
export interface SettledIptables {
  readonly desired: IptablesTables;
  readonly own: readonly string[];
}

/**
 * The steps from what is to what should be, in an order in which no packet meets half of it: rules before the program
 * is attached, devices before routes, routes before an endpoint's packets are let through.
 */
export function reconcile(desired: DesiredState, observed: ObservedState): Change[] {
  return [
    ...sourceChanges(desired, observed),
    ...ruleChanges(desired, observed),
    ...sysctlChanges(desired, observed),
    ...iptablesChanges(desired, observed),
    ...deviceChanges(desired, observed),
    ...routingChanges(desired, observed),
    ...hookChanges(desired, observed),
    ...admitChanges(desired, observed),
    ...attachChanges(desired, observed),
  ];
}

function sourceChanges(desired: DesiredState, observed: ObservedState): Change[] {
  return sameSet(desired.sources, observed.sources) ? [] : [{ kind: "write-sources", cidrs: desired.sources }];
}

function ruleChanges({ rules }: DesiredState, observed: ObservedState): Change[] {
  return rules.id === observed.rulesId ? [] : [{ kind: "write-rules", id: rules.id, count: rules.count }];
}

function sysctlChanges(desired: DesiredState, observed: ObservedState): Change[] {
  return [...desired.sysctls].flatMap(([name, wanted]) => {
    const was = observed.sysctls.get(name);
    if (was === undefined || observed.readOnlySysctls.has(name)) return [];
    const value = sysctlToWrite(wanted, was);
    return value === undefined ? [] : [{ kind: "write-sysctl" as const, name, value, was }];
  });
}

function iptablesChanges(desired: DesiredState, observed: ObservedState): Change[] {
  return FAMILIES.flatMap((family) => {
    const wanted = desired.iptables[family];
    const { own, settled } = observed.iptables[family];
    const clean = wanted.size === 0 && own.length === 0;
    const kept = settled && sameTables(settled.desired, wanted) && sameList(settled.own, own);
    return clean || kept ? [] : [{ kind: "restore-iptables" as const, family }];
  });
}

function deviceChanges(desired: DesiredState, observed: ObservedState): Change[] {
  return desired.endpoints.flatMap(({ endpoint }) =>
    observed.endpoints.has(endpoint) ? [] : [{ kind: "make-devices" as const, endpoint }],
  );
}

function routingChanges(desired: DesiredState, observed: ObservedState): Change[] {
  return FAMILIES.flatMap((family) =>
    policyRoutingCommands(family, desired.routing[family], observed.routing[family]).map((argv) => ({
      kind: "ip" as const,
      argv,
    })),
  );
}

function hookChanges({ createHook, endpoints }: DesiredState, observed: ObservedState): Change[] {
  if (createHook === undefined) return [];
  return endpoints
    .filter(({ endpoint }) => !observed.hooksRun.has(endpoint) || !observed.endpoints.has(endpoint))
    .map((devices: ServedEndpoint) => ({ kind: "run-create-hook", program: createHook, devices }));
}

function admitChanges(desired: DesiredState, observed: ObservedState): Change[] {
  return desired.endpoints.flatMap(({ endpoint, slot }) => {
    const mark = desired.marksPackets ? endpointMark({ slot }) : 0;
    const admitted = observed.endpoints.get(endpoint)?.admittedWith === mark;
    return admitted ? [] : [{ kind: "admit-endpoint" as const, endpoint, mark }];
  });
}

function attachChanges(desired: DesiredState, observed: ObservedState): Change[] {
  return observed.attached ? [] : [{ kind: "attach", interface: desired.underlayInterface }];
}

const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

function sameTables(left: IptablesTables, right: IptablesTables): boolean {
  const text = (tables: IptablesTables) => JSON.stringify([...tables].map(([name, chains]) => [name, [...chains]]));
  return text(left) === text(right);
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  return sameList([...left].sort(), [...right].sort());
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value, at) => value === right[at]);
}
