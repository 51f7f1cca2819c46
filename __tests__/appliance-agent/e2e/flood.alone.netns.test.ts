import { flood, floodProblems } from "../../../tools/fuzz/flood";
import { describeAsRoot } from "../../support/namespaces";

jest.setTimeout(120_000);

const FRAMES = 100_000;
const SEED = 20_261_122;

describeAsRoot("a live flood of mutated packets", () => {
  test.each(["hairpin", "routed"] as const)("harms neither the agent nor a well-formed flow: %s", async (mode) => {
    const report = await flood(mode, { frames: FRAMES, seconds: 10, seed: SEED });
    process.stdout.write(`${mode}: ${JSON.stringify(report)}\n`);
    expect(floodProblems(mode, report)).toEqual([]);
    expect(report.sent).toBeGreaterThan(FRAMES / 10);
    expect(Object.keys(report.counted).length).toBeGreaterThan(15);
    expect(report.asked).toBeGreaterThan(3);
  });
});
