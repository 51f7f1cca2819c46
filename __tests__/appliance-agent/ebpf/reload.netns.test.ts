import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { composeIp } from "../../../appliance-agent/src/codec/ip-compose";
import { composeTcp } from "../../../appliance-agent/src/codec/upper-layer-compose";
import { compileRules } from "../../../appliance-agent/src/rules/compile-rules";
import { Rule } from "../../../appliance-agent/src/rules/rule";
import { describeAsRoot, eventually, withNamespaces } from "../../support/namespaces";
import { LoadedForTest, gwlbFrame } from "../../../tools/test-run/loaded-for-test";
import { LISTS, PASSING } from "./reload-lists";

const PACKETS_AT_ONCE = 20_000;
const BATCHES = 15;

describeAsRoot("replacing the rules", () => {
  test("every packet sees one list, the old one or the new one", async () => {
    await withNamespaces({ hosts: [] }, async (namespaces) => {
      const program = new LoadedForTest(namespaces, "hairpin at tc");
      const packet = gwlbFrame(composeIp(PASSING, composeTcp(PASSING, PASSING)));
      program.dataPath.writeRules(compileRules(LISTS[0] ?? { rules: [], defaultAction: "drop" }));
      const maps = join(program.dataPath.options.pinDirectory, "maps");
      const child = spawn(process.execPath, ["--import", "tsx", join(__dirname, "reload-child.ts"), maps], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      try {
        await once(child.stdout, "data");
        const seen = new Set<string>();
        let packets = 0;
        await eventually(
          "reloads under traffic",
          () => {
            for (let n = 0; n < PACKETS_AT_ONCE; n++, packets++)
              if (program.verdict(packet) !== "send")
                throw new Error(`packet ${packets}: dropped, got a mixture of lists`);
            seen.add(program.dataPath.observe().rulesId ?? "");
            return packets > BATCHES * PACKETS_AT_ONCE && seen.size === LISTS.length ? true : undefined;
          },
          () => `${String(packets)} packets, ${String(seen.size)} lists`,
          60,
        );
        child.kill("SIGTERM");
        const [written] = (await once(child.stdout, "data")) as [Buffer];
        process.stdout.write(`${String(packets)} packets while rules were replaced ${String(written).trim()} times\n`);
        expect(Number(written)).toBeGreaterThan(4);
      } finally {
        child.kill("SIGKILL");
        program.close();
      }
    });
  }, 90_000);

  test("counters of rules whose name stays go on, and of the default action", async () => {
    await withNamespaces({ hosts: [] }, (namespaces) => {
      const program = new LoadedForTest(namespaces, "hairpin at tc");
      const packet = gwlbFrame(composeIp(PASSING, composeTcp(PASSING, PASSING)));
      const drop443: Rule = { name: "kept", match: { protocol: "tcp", destinationPorts: [443] }, action: "drop" };
      const other: Rule = { name: "other", match: { protocol: "udp" }, action: "drop" };
      program.setRules([drop443]);
      program.verdict(packet);
      program.setRules([other, drop443]);
      program.verdict(packet);
      program.setRules([other]);
      program.verdict(packet);
      program.setRules([drop443, other]);
      expect(program.dataPath.readRuleHits()).toEqual({
        rules: new Map([
          ["kept", 0n],
          ["other", 0n],
        ]),
        defaultAction: 1n,
      });
      program.setRules([drop443]);
      program.verdict(packet);
      program.setRules([other, drop443]);
      program.verdict(packet);
      expect(program.dataPath.readRuleHits().rules.get("kept")).toBe(2n);
      program.close();
    });
  });

  test("65,536 rules: the first and the last one decide, and one more is nobody's", async () => {
    await withNamespaces({ hosts: [] }, (namespaces) => {
      const program = new LoadedForTest(namespaces, "hairpin at XDP");
      const count = 65_536;
      program.setRules(
        Array.from({ length: count }, (_, index) => ({
          name: `rule-${String(index)}`,
          match: { source: [`10.${String(index >> 8)}.${String(index & 255)}.0/24`] },
          action: "drop" as const,
        })),
      );
      const from = (source: string) =>
        gwlbFrame(composeIp({ ...PASSING, source }, composeTcp({ ...PASSING, source }, PASSING)));
      for (const source of ["10.0.0.1", "10.127.3.9", "10.255.255.255"])
        expect(program.outcome(from(source)).drop).toBe("rule");
      for (const source of ["9.255.255.255", "11.0.0.0"]) expect(program.outcome(from(source)).verdict).toBe("send");
      const { rules } = program.dataPath.readRuleHits();
      expect(["rule-0", `rule-${String((127 << 8) | 3)}`, "rule-65535"].map((name) => rules.get(name))).toEqual([
        1n,
        1n,
        1n,
      ]);
      program.close();
    });
  }, 120_000);
});
