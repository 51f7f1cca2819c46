import { createHash } from "node:crypto";
import { ADDRESS_BITS, Cidr, Family } from "./cidr";
import { Conditions, conditions } from "./conditions";
import { Interval, IntervalTable, intervalTable } from "./interval-table";
import type { Rule } from "./rule";
import { RuleBitmapStore } from "./rule-bitmap";
import type { BothSides, RuleList, RuleTable } from "./rule-table";

interface Compiled {
  readonly rule: Rule;
  readonly wanted: Conditions;
}

/** Compiles the rules of a validated configuration. */
export function compileRules(list: RuleList): RuleTable {
  const steps = compileInSteps(list);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * The same, one dimension a step: 65,536 rules take a second, and who compiles them may have something else to do
 * meanwhile.
 */
export function* compileInSteps(list: RuleList): Generator<void, RuleTable> {
  const store = new RuleBitmapStore(list.rules.length);
  const rules = list.rules.map((rule) => ({ rule, wanted: conditions(rule) }));
  yield;
  const addresses = function* (family: Family): Generator<void, BothSides<IntervalTable>> {
    const source = addressRows(store, rules, family, "source");
    yield;
    const destination = addressRows(store, rules, family, "destination");
    yield;
    return { source, destination };
  };
  const ipv4 = yield* addresses("ipv4");
  const ipv6 = yield* addresses("ipv6");
  const sourcePorts = portRows(store, rules, "sourcePorts");
  yield;
  const destinationPorts = portRows(store, rules, "destinationPorts");
  yield;
  const id = createHash("sha256")
    .update(JSON.stringify([list.rules, list.defaultAction]))
    .digest("hex");
  yield;
  return {
    id,
    names: list.rules.map(({ name }) => name),
    drops: indices(rules, ({ rule }) => rule.action === "drop"),
    defaultAction: list.defaultAction,
    bitmaps: store,
    ipv4,
    ipv6,
    ports: { source: sourcePorts, destination: destinationPorts },
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

function addressRows(
  store: RuleBitmapStore,
  rules: readonly Compiled[],
  family: Family,
  side: "source" | "destination",
): IntervalTable {
  const ranges = rules.map(({ wanted }) => addressRanges(family, wanted, side));
  return intervalTable(store, ranges, highest(family));
}

function indices(rules: readonly Compiled[], holds: (rule: Compiled) => boolean): number[] {
  const found: number[] = [];
  rules.forEach((rule, index) => {
    if (holds(rule)) found.push(index);
  });
  return found;
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

const EVERY_ADDRESS: Readonly<Record<Family, readonly Interval[]>> = {
  ipv4: [{ first: 0n, last: highest("ipv4") }],
  ipv6: [{ first: 0n, last: highest("ipv6") }],
};
const NOTHING: readonly Interval[] = [];
const EVERY_PORT: readonly Interval[] = [{ first: 0n, last: 65_535n }];

function addressRanges(family: Family, wanted: Conditions, side: "source" | "destination"): readonly Interval[] {
  if (wanted.family !== undefined && wanted.family !== family) return NOTHING;
  const cidrs: readonly Cidr[] | undefined = wanted[side];
  if (!cidrs) return EVERY_ADDRESS[family];
  return cidrs
    .filter((cidr) => cidr.family === family)
    .map(({ address, prefixLength }) => ({
      first: address,
      last: address + (1n << BigInt(ADDRESS_BITS[family] - prefixLength)) - 1n,
    }));
}

function portRows(store: RuleBitmapStore, rules: readonly Compiled[], ports: "sourcePorts" | "destinationPorts") {
  const ranges = rules.map(
    ({ wanted }) => wanted[ports]?.map(([first, last]) => ({ first: BigInt(first), last: BigInt(last) })) ?? EVERY_PORT,
  );
  return {
    table: intervalTable(store, ranges, 65_535n),
    absent: rowOf(store, rules, ({ wanted }) => wanted[ports] === undefined),
    unknown: unknownRow(store, rules, ({ wanted }) => wanted[ports] === undefined),
  };
}

/** Rows of the 256 values of a byte. */
function byteRows(store: RuleBitmapStore, rules: readonly Compiled[], value: (rule: Compiled) => number | undefined) {
  const { rows, others } = rowsByValue(store, rules, value);
  return Array.from({ length: 256 }, (_, byte) => rows.get(byte) ?? others);
}

function endpointRows(store: RuleBitmapStore, rules: readonly Compiled[]): RuleTable["endpoint"] {
  return rowsByValue(store, rules, ({ wanted }) => wanted.endpoint);
}

/** A row for each value that a rule wants, and one for the others: of the rules that want none. */
function rowsByValue<T>(
  store: RuleBitmapStore,
  rules: readonly Compiled[],
  value: (rule: Compiled) => T | undefined,
): { rows: Map<T, number>; others: number } {
  const wanting = new Map<T, number[]>();
  const free: number[] = [];
  rules.forEach((rule, index) => {
    const wanted = value(rule);
    if (wanted === undefined) free.push(index);
    else if (!wanting.get(wanted)?.push(index)) wanting.set(wanted, [index]);
  });
  const row = store.row(free);
  const others = row.number();
  const rows = new Map<T, number>();
  for (const [wanted, indices] of wanting) {
    for (const index of indices) row.add(index);
    rows.set(wanted, row.number());
    for (const index of indices) row.delete(index);
  }
  return { rows, others };
}
