import type { IntervalTable } from "./interval-table";
import type { Rule } from "./rule";
import type { RuleBitmaps } from "./rule-bitmap";

/** Rules as the agent's configuration has them. */
export interface RuleList {
  readonly rules: readonly Rule[];
  readonly defaultAction: Rule["action"];
}

/** The rows of the two ends of a packet. */
export interface BothSides<T> {
  readonly source: T;
  readonly destination: T;
}

/**
 * A rule list compiled for the kernel's classifier: each dimension of a packet leads to a row, a set of rules, and the
 * first rule in all of a packet's rows is the first that matches.
 *
 * All numbers are those of rows in `bitmaps`. *absent*: the packet's protocol has no such field; *unknown*: a later
 * fragment does not show it, and `evaluate` says what that means.
 *
 * @see ebpf/rule_table.h
 */
export interface RuleTable {
  /** SHA-256 of the list, in hexadecimal digits: equal ids mean equal lists. */
  readonly id: string;
  /** Of the rules, in order. */
  readonly names: readonly string[];
  /** Indices of the rules whose action is `drop`. */
  readonly drops: readonly number[];
  readonly defaultAction: Rule["action"];
  readonly bitmaps: RuleBitmaps;
  readonly ipv4: BothSides<IntervalTable>;
  readonly ipv6: BothSides<IntervalTable>;
  readonly ports: BothSides<{ readonly table: IntervalTable; readonly absent: number; readonly unknown: number }>;
  readonly protocol: { readonly rows: readonly number[]; readonly unknown: number };
  readonly icmpType: { readonly rows: readonly number[]; readonly absent: number; readonly unknown: number };
  readonly endpoint: { readonly rows: ReadonlyMap<bigint, number>; readonly others: number };
}
