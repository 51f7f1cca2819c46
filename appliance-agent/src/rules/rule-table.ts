import { createHash } from "node:crypto";
import { ADDRESS_BITS, Cidr, Family } from "./cidr";
import { Conditions, PortRange, conditions } from "./conditions";
import { Interval, IntervalTable, intervalTable } from "./interval-table";
import type { Rule } from "./rule";
import { RuleBitmapStore, RuleBitmaps } from "./rule-bitmap";

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

interface Compiled {
  readonly rule: Rule;
  readonly wanted: Conditions;
}

/** Compiles the rules of a validated configuration. */
export function compileRules(list: RuleList): RuleTable {
  const store = new RuleBitmapStore();
  const rules = list.rules.map((rule) => ({ rule, wanted: conditions(rule) }));
  const addresses = (family: Family) =>
    bothSides((side) =>
      intervalTable(
        store,
        rules.map(({ wanted }) => addressRanges(family, wanted, side)),
        highest(family),
      ),
    );
  return {
    id: createHash("sha256")
      .update(JSON.stringify([list.rules, list.defaultAction]))
      .digest("hex"),
    names: list.rules.map(({ name }) => name),
    drops: indices(rules, ({ rule }) => rule.action === "drop"),
    defaultAction: list.defaultAction,
    bitmaps: store,
    ipv4: addresses("ipv4"),
    ipv6: addresses("ipv6"),
    ports: bothSides((side) => portRows(store, rules, `${side}Ports`)),
    protocol: {
      rows: byteRows(store, rules, ({ wanted }) => wanted.protocol),
      unknown: unknownRow(store, rules, ({ wanted }) => wanted.protocol === undefined),
    },
    icmpType: {
      rows: byteRows(store, rules, ({ wanted }) => wanted.icmpType),
      absent: rowOf(store, rules, ({ wanted }) => wanted.icmpType === undefined),
      unknown: unknownRow(store, rules, ({ wanted }) => wanted.icmpType === undefined),
    },
    endpoint: endpointRows(store, rules),
  };
}

function bothSides<T>(make: (side: "source" | "destination") => T): BothSides<T> {
  return { source: make("source"), destination: make("destination") };
}

function indices(rules: readonly Compiled[], holds: (rule: Compiled) => boolean): number[] {
  return rules.flatMap((rule, index) => (holds(rule) ? [index] : []));
}

function rowOf(store: RuleBitmapStore, rules: readonly Compiled[], holds: (rule: Compiled) => boolean): number {
  return store.row(indices(rules, holds)).number();
}

/** What a fragment does not show counts as met in a `forward` rule only. */
function unknownRow(store: RuleBitmapStore, rules: readonly Compiled[], free: (rule: Compiled) => boolean): number {
  return rowOf(store, rules, (rule) => free(rule) || rule.rule.action === "forward");
}

function highest(family: Family): bigint {
  return (1n << BigInt(ADDRESS_BITS[family])) - 1n;
}

function addressRanges(family: Family, wanted: Conditions, side: "source" | "destination"): Interval[] {
  if (wanted.family !== undefined && wanted.family !== family) return [];
  const cidrs: readonly Cidr[] | undefined = wanted[side];
  if (!cidrs) return [{ first: 0n, last: highest(family) }];
  return cidrs
    .filter((cidr) => cidr.family === family)
    .map(({ address, prefixLength }) => ({
      first: address,
      last: address + (1n << BigInt(ADDRESS_BITS[family] - prefixLength)) - 1n,
    }));
}

function portRows(store: RuleBitmapStore, rules: readonly Compiled[], ports: "sourcePorts" | "destinationPorts") {
  const all: readonly PortRange[] = [[0, 65_535]];
  const ranges = rules.map(({ wanted }) =>
    (wanted[ports] ?? all).map(([first, last]) => ({ first: BigInt(first), last: BigInt(last) })),
  );
  return {
    table: intervalTable(store, ranges, 65_535n),
    absent: rowOf(store, rules, ({ wanted }) => wanted[ports] === undefined),
    unknown: unknownRow(store, rules, ({ wanted }) => wanted[ports] === undefined),
  };
}

/** Rows of the 256 values of a byte. */
function byteRows(store: RuleBitmapStore, rules: readonly Compiled[], value: (rule: Compiled) => number | undefined) {
  const row = store.row(indices(rules, (rule) => value(rule) === undefined));
  const byValue = Map.groupBy(rules.keys(), (index) => value(rules[index] as Compiled));
  return Array.from({ length: 256 }, (_, byte) => {
    const wanting = byValue.get(byte) ?? [];
    for (const rule of wanting) row.add(rule);
    const number = row.number();
    for (const rule of wanting) row.delete(rule);
    return number;
  });
}

function endpointRows(store: RuleBitmapStore, rules: readonly Compiled[]): RuleTable["endpoint"] {
  const row = store.row(indices(rules, ({ wanted }) => wanted.endpoint === undefined));
  const others = row.number();
  const rows = new Map<bigint, number>();
  for (const endpoint of new Set(rules.flatMap(({ wanted }) => wanted.endpoint ?? []))) {
    const wanting = indices(rules, ({ wanted }) => wanted.endpoint === endpoint);
    for (const rule of wanting) row.add(rule);
    rows.set(endpoint, row.number());
    for (const rule of wanting) row.delete(rule);
  }
  return { rows, others };
}
