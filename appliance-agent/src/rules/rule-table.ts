import type { Rule } from "./rule";

/** Rules as the agent's configuration has them. */
export interface RuleList {
  readonly rules: readonly Rule[];
  readonly defaultAction: Rule["action"];
}

/** A rule list compiled to what the kernel's classifier reads; the layout is in ebpf/rule_table.h. */
export interface RuleTable {
  /** Digest of the list: equal ids mean equal lists. */
  readonly id: string;
  readonly names: readonly string[];
}

/** Compiles a validated rule list. */
export type CompileRules = (list: RuleList) => RuleTable;
