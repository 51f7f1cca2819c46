import type { Appliance } from "../../../bench/data-path/appliance";
import { compare } from "../../../bench/data-path/compare";
import type { Contestant, Running } from "../../../bench/data-path/contestant";
import type { RunResult } from "../../../bench/data-path/generator";
import { measureCell } from "../../../bench/data-path/measure";
import { testOnTwoCores } from "../../support/two-cores";

/** Returns all of 10,000 packets a second, and of any other load what `starved` says, one measurement after the other. */
function appliance(starved: readonly number[]): Pick<Appliance, "send"> {
  const left = [...starved];
  return {
    send: ({ packetsPerSecond }) => {
      const returned = packetsPerSecond === 10_000 ? 10_000 : (left.shift() ?? 0);
      const result = { seconds: 1, returned, checked: returned > 0 ? 1 : 0, processorNanoseconds: 5_000, wrong: {} };
      return Promise.resolve(result as unknown as RunResult);
    },
  };
}

function contestant(offered: readonly number[], starved: readonly number[]): readonly [Contestant, Running] {
  const one: Contestant = { name: "one", hook: "tc", rules: 0, offered, start: () => Promise.reject() };
  return [one, { appliance: appliance(starved) as Appliance, pids: () => [] }];
}

const cell = { innerBytes: 64, flows: 1 };
const duration = { rounds: 3, seconds: 1 };
describe("a cell", () => {
  testOnTwoCores("a flood that starves a program in some rounds is a load like any other", async () => {
    const [series] = await measureCell([contestant([10_000, 0], [50_000, 0, 0])], cell, duration);
    expect(series && compare(series, undefined)).toMatchObject({ offered: 10_000, returnedPerSecond: 10_000 });
  });

  testOnTwoCores("who returns nothing in most rounds of every load ends the run", async () => {
    await expect(measureCell([contestant([0], [50_000, 0, 0])], cell, duration)).rejects.toThrow(
      /^bench: one returned nothing that could be checked in most rounds; see its log$/,
    );
  });
});
