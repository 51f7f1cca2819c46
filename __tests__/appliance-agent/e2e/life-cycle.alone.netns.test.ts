import { appendFileSync, cpSync, readdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { filter } from "../../../appliance-agent/src/rules/presets/filter";
import { ROUTED_SYSCTLS } from "../../../appliance-agent/src/rules/routed-sysctls";
import { LINUX_WITHOUT_TCX } from "../../support/linux-without-tcx";
import { describeAsRoot, eventually } from "../../support/namespaces";
import { hasTcx } from "../../support/tcx-programs";
import { startLoad } from "./load";
import { Path, RunningAgent, SERVER, withPath } from "../../../tools/end-to-end/path";
import { ping } from "./traffic";

jest.setTimeout(120_000);

const RATE = 50_000;
const SOURCES = { geneveSources: ["10.99.0.0/24"] };
const CONFIGURATIONS = {
  hairpin: filter(SOURCES),
  routed: { version: 1, mode: "routed", ...SOURCES, sysctls: ROUTED_SYSCTLS },
} as const;

/** Where others want the processors too, the sender starves; the packets that it does send must come back all the same. */
const attainableRate = () => ((loadavg()[0] as number) > 2 * cpus().length ? RATE / 10 : RATE);

/** The same programs in files of another digest, as the next release would have them. */
function anotherBuild(path: Path): string {
  const directory = join(path.directory, "newer");
  cpSync(join(__dirname, "../../../appliance-agent/ebpf"), directory, { recursive: true });
  for (const name of readdirSync(directory)) if (name.endsWith(".o")) appendFileSync(join(directory, name), "newer");
  return directory;
}

const loadedObject = (path: Path) =>
  (JSON.parse(path.agent("status", "--json").out) as { dataPath: { objectSha256: string } }).dataPath.objectSha256;

const generationOf = (agent: RunningAgent) =>
  Number(/^gwlb_agent_configuration_generation (\d+)$/m.exec(agent.health("/metrics").body)?.[1]);

describeAsRoot("the agent's life cycle under 50,000 packets per second", () => {
  test.each(["hairpin", "routed"] as const)("loses and changes nothing: %s", async (mode) => {
    await withPath(async (path) => {
      const configuration = CONFIGURATIONS[mode];
      const first = await path.startAgent(configuration, { environment: LINUX_WITHOUT_TCX });
      expect(path.agent("status").out).toContain(`attached: ${mode} by clsact on a0`);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      await path.ask({ ask: "rest" });
      const load = await startLoad(path, mode, RATE);

      expect(await first.end("SIGINT")).toBe(0);
      const second = await path.startAgent(configuration);
      expect(path.agent("status").out).toContain(`attached: ${mode} by ${hasTcx() ? "tcx" : "clsact"} on a0`);

      for (let i = 1; i <= 3; i++) {
        const rules = [{ name: `other-${i}`, match: { protocol: "tcp", destinationPorts: [i] }, action: "drop" }];
        writeFileSync(second.configurationPath, JSON.stringify({ ...configuration, rules }));
        await eventually("the new rules are in force", () => generationOf(second) === 1 + i || undefined);
      }
      writeFileSync(second.configurationPath, "{");
      await eventually(
        "the bad one is refused",
        () => second.health("/metrics").body.includes("configuration_refused 1") || undefined,
      );

      await second.end("SIGKILL");

      const before = loadedObject(path);
      const newer = await path.startAgent(configuration, { flags: ["--bpf-dir", anotherBuild(path)] });
      expect(loadedObject(path)).not.toBe(before);
      expect(await newer.end("SIGTERM")).toBe(0);
      const older = await path.startAgent(configuration);
      expect(loadedObject(path)).toBe(before);
      expect(await older.end("SIGTERM")).toBe(0);

      const result = await load.stop();
      process.stdout.write(`${mode}: ${JSON.stringify(result)}\n`);
      expect({ ...result, sent: 0, packetsPerSecond: 0 }).toEqual({
        sent: 0,
        packetsPerSecond: 0,
        returned: result.sent,
        duplicates: 0,
        wrong: {},
      });
      expect(result.packetsPerSecond).toBeGreaterThan(0.9 * attainableRate());
    });
  });
});
