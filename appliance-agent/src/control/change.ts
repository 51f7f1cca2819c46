import type { Family } from "../rules/cidr";
import type { ServedEndpoint } from "./desired-state";

/** Which of `/readyz`'s conditions a change restores. */
export const CONDITIONS = ["rules", "sysctls", "iptables", "data-path", "devices", "routing"] as const;

/** A name from `CONDITIONS`. */
export type ConditionName = (typeof CONDITIONS)[number];

/** One step from what is to what should be; doing it twice is harmless. */
export type Change =
  | { readonly kind: "write-sources"; readonly cidrs: readonly string[] }
  | { readonly kind: "write-rules"; readonly id: string; readonly count: number }
  | { readonly kind: "write-sysctl"; readonly name: string; readonly value: string; readonly was: string }
  | { readonly kind: "restore-iptables"; readonly family: Family }
  | { readonly kind: "attach"; readonly interface: string }
  | { readonly kind: "make-devices"; readonly endpoint: string }
  | { readonly kind: "ip"; readonly argv: readonly string[] }
  | { readonly kind: "run-create-hook"; readonly program: string; readonly devices: ServedEndpoint }
  | { readonly kind: "admit-endpoint"; readonly endpoint: string; readonly mark: number };

const CONDITION_OF: Readonly<Record<Change["kind"], ConditionName>> = {
  "write-sources": "rules",
  "write-rules": "rules",
  "write-sysctl": "sysctls",
  "restore-iptables": "iptables",
  attach: "data-path",
  "make-devices": "devices",
  ip: "routing",
  "run-create-hook": "devices",
  "admit-endpoint": "devices",
};

/** The condition that does not hold until the change is made. */
export function conditionOf(change: Change): ConditionName {
  return CONDITION_OF[change.kind];
}

/** The change in a few words, for the log and for `/readyz`. */
export function describeChange(change: Change): string {
  switch (change.kind) {
    case "write-sources":
      return `accept GENEVE from ${change.cidrs.join(", ")}`;
    case "write-rules":
      return `load ${change.count} rules (${change.id.slice(0, 12)})`;
    case "write-sysctl":
      return `set ${change.name} to ${change.value}, was ${change.was}`;
    case "restore-iptables":
      return `restore the GWLB- chains of ${change.family}`;
    case "attach":
      return `attach the data path to ${change.interface}`;
    case "make-devices":
      return `make the devices of endpoint ${change.endpoint}`;
    case "ip":
      return `ip ${change.argv.join(" ")}`;
    case "run-create-hook":
      return `run ${change.program} CREATE ${change.devices.ingress} ${change.devices.egress} ${change.devices.endpoint}`;
    case "admit-endpoint":
      return `let packets of endpoint ${change.endpoint} through`;
  }
}
