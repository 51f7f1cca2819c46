import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROUTED_SYSCTLS } from "../../../appliance-agent/src/rules/routed-sysctls";
import { compile } from "../../../tools/build-ebpf/build-ebpf";
import { Path, SERVER, withPath } from "../../../tools/end-to-end/path";
import { describeAsRoot } from "../../support/namespaces";
import { startLoad } from "./load";
import { ping } from "./traffic";

jest.setTimeout(120_000);

const RATE = 20_000;
const EBPF = join(__dirname, "../../../appliance-agent/ebpf");
const configuration = {
  version: 1,
  mode: "routed",
  geneveSources: ["10.99.0.0/24"],
  sysctls: ROUTED_SYSCTLS,
  rules: [{ name: "no-discard", match: { protocol: "udp", destinationPorts: [9] }, action: "drop" }],
  maxFlows: 4096,
} as const;

/** The programs as another release might have them: one drop reason more, and more told of an endpoint. */
function nextRelease(path: Path): string {
  const directory = join(path.directory, "next");
  cpSync(EBPF, directory, { recursive: true });
  const change = (file: string, from: string, to: string) => {
    const text = readFileSync(join(directory, file), "utf8");
    if (!text.includes(from)) throw new Error(`${file}: no such text, got ${from}; correct this test`);
    writeFileSync(join(directory, file), text.replace(from, to));
  };
  change("drop_reason.h", "\tDROP_REASONS,", "\tDROP_OF_NEXT_RELEASE,\n\tDROP_REASONS,");
  change("endpoints.h", "\t__u64 last_seen;", "\t__u64 last_seen;\n\t__u64 of_next_release;\n\t/* */");
  change("endpoints.h", "sizeof(struct direct_endpoint) == 32", "sizeof(struct direct_endpoint) == 40");
  for (const source of ["decap.bpf.c", "encap.bpf.c"])
    compile(join(directory, source), join(directory, `${source.slice(0, -1)}o`));
  return directory;
}

const counters = (path: Path) => {
  const { out } = path.agent("status", "--json");
  const { packets } = (JSON.parse(out) as { dataPath: { packets: Record<string, number> } }).dataPath;
  const drops = JSON.parse(path.agent("drops", "--json").out) as Record<string, number>;
  return { decapsulated: packets.decapsulated ?? 0, encapsulated: packets.encapsulated ?? 0, rule: drops.rule ?? 0 };
};

const flows = (path: Path) => (JSON.parse(path.agent("flows", "--json").out) as { flows: unknown[] }).flows.length;
const endpointPackets = (path: Path) =>
  (JSON.parse(path.agent("endpoints", "--json").out) as { packets: number }[])[0]?.packets;
const hits = (path: Path) =>
  (JSON.parse(path.agent("rules", "--json").out) as { rules: { hits: number }[] }).rules.map((rule) => rule.hits);

describeAsRoot("an upgrade to programs whose maps have another shape, and back", () => {
  test("loses no packet; flows, rules and counters go on, an endpoint's own counters begin again", async () => {
    await withPath(async (path) => {
      const first = await path.startAgent(configuration);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      path.exec("client", "bash", "-c", `for i in 1 2 3; do echo > /dev/udp/${SERVER.ipv4}/9; done`);
      expect(counters(path).rule).toBe(3);
      await path.ask({ ask: "rest" });
      const load = await startLoad(path, "routed", RATE);
      const [before, known, rules] = [counters(path), flows(path), hits(path)];
      expect(known).toBeGreaterThan(500);

      expect(await first.end("SIGINT")).toBe(0);
      const next = await path.startAgent(
        { ...configuration, maxFlows: 8192 },
        { flags: ["--bpf-dir", nextRelease(path)] },
      );
      const between = counters(path);
      expect(between.rule).toBe(3);
      expect(between.decapsulated).toBeGreaterThan(before.decapsulated);
      expect(between.encapsulated).toBeGreaterThan(before.encapsulated);
      expect([flows(path), hits(path)]).toEqual([known, rules]);
      expect(endpointPackets(path)).toBeLessThan(between.decapsulated);
      expect(next.health("/metrics").body).toMatch(/^gwlb_agent_flows_capacity 8192$/m);

      expect(await next.end("SIGINT")).toBe(0);
      const back = await path.startAgent(configuration);
      const after = counters(path);
      expect(after.rule).toBe(3);
      expect(after.decapsulated).toBeGreaterThan(between.decapsulated);
      expect([flows(path), hits(path)]).toEqual([known, rules]);
      expect(back.health("/metrics").body).toMatch(/^gwlb_agent_flows_capacity 4096$/m);
      expect(back.health("/metrics").body).toMatch(/^gwlb_agent_flows_evicted_total 0$/m);

      const result = await load.stop();
      process.stdout.write(`${JSON.stringify({ before, between, after, result })}\n`);
      expect(result).toMatchObject({ returned: result.sent, duplicates: 0, wrong: {} });
      /* Uncounted is at most what came between the last copy and the attaching of the next program. */
      expect(Number(counters(path).decapsulated)).toBeGreaterThan(0.999 * result.sent);
    });
  });
});
