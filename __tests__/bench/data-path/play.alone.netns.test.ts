import { passThroughAgent, routedAgent } from "../../../bench/data-path/contestants";
import { play } from "../../../bench/data-path/play";
import { describeAsRoot, leftovers } from "../../support/namespaces";
import { testOnTwoCores } from "../../support/two-cores";

jest.setTimeout(90_000);

describeAsRoot("the data path's benchmark", () => {
  testOnTwoCores("measures agents in turns, checks what they return and leaves nothing", async () => {
    const hairpin = passThroughAgent("xdp");
    const routed = routedAgent({ maxFlows: 4096 });
    const contestants = [{ contestant: hairpin, reference: routed }, { contestant: routed }];
    const cells = [{ innerBytes: 64, flows: 100 }];
    const table = await play({ title: "Smoke", contestants, cells }, { rounds: 1, seconds: 0.2 }, () => undefined);
    const rows = table.split("\n").slice(2);
    expect(rows.map((row) => row.split("|").map((cell) => cell.trim()))).toEqual([
      expect.arrayContaining(["pass-through, xdp", "64", "100"]),
      expect.arrayContaining(["routed", "64", "100"]),
    ]);
    for (const row of rows) {
      const [packets, nanoseconds, , , checked] = row.split("|").slice(6, 11).map(Number);
      expect(packets).toBeGreaterThan(10_000);
      expect(nanoseconds).toBeGreaterThan(10);
      expect(checked).toBeGreaterThan(0);
    }
    expect(leftovers()).toEqual([]);
  });
});
