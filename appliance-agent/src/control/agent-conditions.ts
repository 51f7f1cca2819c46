import type { Condition } from "../health/readiness";
import { CONDITIONS, conditionOf, describeChange, type Change, type ConditionName } from "./change";
import { underlayGro } from "./underlay-gro";
import { underlayMtu, type Underlay } from "./underlay-mtu";

/** What readiness is judged by. */
export interface AgentView {
  /** @default - none is in force */
  readonly configuration?: {
    readonly mode: "hairpin" | "routed";
    readonly generation: number;
    readonly origin: string;
  };
  /** Why no configuration is in force, or why the host could not be looked at. @default - nothing is in the way */
  readonly obstacle?: string;
  /** @default - the host has not been looked at */
  readonly underlay?: Underlay;
  /** Changes that are still to be made. */
  readonly remaining: readonly Change[];
  /** Why a change failed, by `describeChange`. */
  readonly failures: ReadonlyMap<string, string>;
  /** Kernel parameters that are wanted and do not exist. */
  readonly absentSysctls: readonly string[];
  readonly tcpChecks: readonly Condition[];
  readonly draining: boolean;
}

/** What each condition says when it holds. */
const HOLDS: Readonly<Record<ConditionName, string>> = {
  rules: "the configuration's rules and sources are loaded",
  sysctls: "kernel parameters are as configured",
  iptables: "our chains are as configured",
  "data-path": "attached to the underlay interface",
  devices: "every endpoint has its devices",
  routing: "policy routes are as configured",
};

/** Conditions that hairpin mode has nothing to do with. */
const ROUTED_ONLY: readonly ConditionName[] = ["iptables", "devices", "routing"];

/** The conditions of `/readyz`, each with what is wrong. */
export function agentConditions(view: AgentView): Condition[] {
  const { configuration, obstacle } = view;
  return [
    configuration
      ? {
          name: "configuration",
          ok: true,
          detail: `generation ${configuration.generation} from ${configuration.origin}`,
        }
      : { name: "configuration", ok: false, detail: obstacle ?? "not loaded yet" },
    ...(configuration ? hostConditions(view, configuration.mode) : []),
    ...(configuration && view.underlay ? [underlayMtu(view.underlay), ...underlayGro(view.underlay)] : []),
    ...view.tcpChecks,
    { name: "draining", ok: !view.draining, detail: view.draining ? "the agent is about to stop" : "not draining" },
  ];
}

function hostConditions(view: AgentView, mode: "hairpin" | "routed"): Condition[] {
  return CONDITIONS.filter((name) => mode === "routed" || !ROUTED_ONLY.includes(name)).map((name) => {
    if (view.obstacle !== undefined) return { name, ok: false, detail: view.obstacle };
    const wrong = [...wrongOf(name, view)];
    return { name, ok: wrong.length === 0, detail: wrong.length ? wrong.join("; ") : HOLDS[name] };
  });
}

function wrongOf(name: ConditionName, view: AgentView): string[] {
  const left = view.remaining
    .filter((change) => conditionOf(change) === name)
    .map((change) => {
      const text = describeChange(change);
      const failure = view.failures.get(text);
      return failure === undefined ? `still to do: ${text}` : failure;
    });
  return name === "sysctls" ? [...left, ...view.absentSysctls.map(absent)] : left;
}

function absent(name: string): string {
  return `${name}: no such kernel parameter; correct its name, or load the module that has it`;
}
