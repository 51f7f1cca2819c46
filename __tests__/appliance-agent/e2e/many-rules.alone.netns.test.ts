import { writeFileSync } from "node:fs";
import { passThrough } from "../../../appliance-agent/src/rules/presets/pass-through";
import { withPath } from "../../../tools/end-to-end/path";
import { describeAsRoot, eventually } from "../../support/namespaces";

jest.setTimeout(60_000);

const hairpin = passThrough({ geneveSources: ["10.99.0.0/24"] });

describeAsRoot("the control plane", () => {
  test("answers /livez while it loads 65,536 rules", async () => {
    await withPath(async (path) => {
      const agent = await path.startAgent(hairpin);
      const rules = Array.from({ length: 65_536 }, (_, i) => ({
        name: `rule-${i}`,
        match: { protocol: "tcp", source: [`10.${i >> 8}.${i & 255}.0/24`], destinationPorts: [i] },
        action: "drop",
      }));
      const text = JSON.stringify({ ...hairpin, rules });
      const started = performance.now();
      writeFileSync(agent.configurationPath, text);
      let longest = 0;
      await eventually(
        "the rules are in force",
        () => {
          const asked = performance.now();
          expect(agent.health("/livez").status).toBe(200);
          longest = Math.max(longest, performance.now() - asked);
          return agent.log().includes("load 65536 rules") || undefined;
        },
        agent.log,
        40,
      );
      const all = performance.now() - started;
      process.stdout.write(
        `65,536 rules in force after ${all.toFixed(0)} ms, /livez within ${longest.toFixed(0)} ms\n`,
      );
      expect(longest).toBeLessThan(2000); /* then health() gives up */
      expect(agent.health("/readyz").status).toBe(200);
    });
  });
});
