import { compare, median } from "../../../bench/data-path/compare";
import type { Contestant } from "../../../bench/data-path/contestant";
import { markdownTable } from "../../../bench/data-path/markdown-table";
import type { Series } from "../../../bench/data-path/measure";

const contestant: Contestant = { name: "one", hook: "tc", rules: 0, offered: [0], start: () => Promise.reject() };

const series = (...rounds: readonly (readonly [packets: number, nanoseconds: number])[]): Series => ({
  contestant,
  rounds: rounds.map(([returnedPerSecond, nanosecondsPerPacket]) => ({
    ...{ returnedPerSecond, nanosecondsPerPacket },
    ...{ offered: 0, checked: 2, load: 1 },
  })),
});

test("ratios are of the same round, and their median counts: a slow round does not", () => {
  const own = series([1000, 10], [500, 20], [900, 11]);
  const reference = series([100, 100], [50, 200], [30, 330]);
  expect(compare(own, reference)).toEqual({
    returnedPerSecond: 900,
    nanosecondsPerPacket: 11,
    toReference: { packets: 10, processor: 10 },
    checked: 6,
  });
});

test("without a reference there is no ratio", () => {
  expect(compare(series([1, 2]), undefined).toReference).toBeUndefined();
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
