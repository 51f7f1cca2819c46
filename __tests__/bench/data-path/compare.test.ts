import { compare, median } from "../../../bench/data-path/compare";
import type { Contestant } from "../../../bench/data-path/contestant";
import { markdownTable } from "../../../bench/data-path/markdown-table";
import type { Measurement, Series } from "../../../bench/data-path/measure";

const contestant: Contestant = { name: "one", hook: "tc", rules: 0, offered: [0], start: () => Promise.reject() };

type Round = readonly [packets: number, nanoseconds: number];

const load = (offered: number, ...rounds: readonly Round[]): readonly Measurement[] =>
  rounds.map(([returnedPerSecond, nanosecondsPerPacket]) => ({
    ...{ offered, returnedPerSecond, nanosecondsPerPacket },
    ...{ checked: 2, load: 1 },
  }));
const series = (...loads: readonly (readonly Measurement[])[]): Series => ({ contestant, loads });
const flood = (...rounds: readonly Round[]): Series => series(load(0, ...rounds));

test("ratios are of the same round, and their median counts: a slow round does not", () => {
  const own = flood([1000, 10], [500, 20], [900, 11]);
  const reference = flood([100, 100], [50, 200], [30, 330]);
  expect(compare(own, reference)).toEqual({
    ...{ offered: 0, returnedPerSecond: 900, nanosecondsPerPacket: 11 },
    ...{ toReference: { packets: 10, processor: 10 }, checked: 6 },
  });
});

test("the load with the best median counts, not the one with the best round", () => {
  const lucky = load(40, [90, 1], [20, 50], [20, 50]);
  const steady = load(30, [30, 40], [28, 40], [30, 40]);
  const own = flood([300, 4], [280, 4], [600, 2]);
  expect(compare(series(lucky, steady), undefined)).toMatchObject({ offered: 30, returnedPerSecond: 30, checked: 12 });
  expect(compare(own, series(lucky, steady)).toReference).toEqual({ packets: 10, processor: 10 });
});

test("without a reference there is no ratio", () => {
  expect(compare(flood([1, 2]), undefined).toReference).toBeUndefined();
});

test.each([
  [[3, 1, 2], 2],
  [[1, 2], 2],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("a table's numbers are to the right, its words to the left", () => {
  expect(
    markdownTable(
      ["mode", "packets"],
      [
        ["tc", 5],
        ["routed", 1000],
      ],
    ),
  ).toBe(["| mode   | packets |", "| ------ | ------: |", "| tc     |       5 |", "| routed |    1000 |"].join("\n"));
});
