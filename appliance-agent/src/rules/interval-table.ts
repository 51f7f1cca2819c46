import type { RuleBitmapStore } from "./rule-bitmap";

/** An inclusive range of numbers: addresses or ports. */
export interface Interval {
  readonly first: bigint;
  readonly last: bigint;
}

/** A partition of 0 to a maximum: interval i is from `first[i]` to before `first[i + 1]` and has the rules of `row[i]`. */
export interface IntervalTable {
  /** Ascending; begins with 0. */
  readonly first: readonly bigint[];
  /** Numbers of rows in the table's bitmaps. */
  readonly row: readonly number[];
}

/**
 * @param intervals of each rule by its index: the numbers that meet its condition; they may overlap
 * @param last the highest number
 */
export function intervalTable(
  store: RuleBitmapStore,
  intervals: readonly (readonly Interval[])[],
  last: bigint,
): IntervalTable {
  const changes = intervals.flatMap((ranges, rule) =>
    disjoint(ranges).flatMap((range) => [
      { at: range.first, rule, begins: true },
      { at: range.last + 1n, rule, begins: false },
    ]),
  );
  changes.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const row = store.row([]);
  const table: { first: bigint[]; row: number[] } = { first: [], row: [] };
  let next = 0;
  for (let at: bigint | undefined = 0n; at !== undefined && at <= last; at = changes[next]?.at) {
    for (let change = changes[next]; change?.at === at; change = changes[++next]) {
      if (change.begins) row.add(change.rule);
      else row.delete(change.rule);
    }
    const number = row.number();
    if (number === table.row.at(-1)) continue;
    table.first.push(at);
    table.row.push(number);
  }
  return table;
}

/** The same numbers as ranges that neither overlap nor touch. */
function disjoint(ranges: readonly Interval[]): Interval[] {
  const merged: { first: bigint; last: bigint }[] = [];
  for (const range of [...ranges].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const before = merged.at(-1);
    if (before && range.first <= before.last + 1n) before.last = range.last > before.last ? range.last : before.last;
    else merged.push({ ...range });
  }
  return merged;
}
