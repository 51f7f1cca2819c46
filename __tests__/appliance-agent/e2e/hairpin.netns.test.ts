import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { filter } from "../../../appliance-agent/src/rules/presets/filter";
import { passThrough } from "../../../appliance-agent/src/rules/presets/pass-through";
import { describeAsRoot, eventually } from "../../support/namespaces";
import { CLIENT, Path, SERVER, withPath } from "../../../tools/end-to-end/path";
import { exchangeTcp, ping, serveTcp } from "./traffic";

const SOURCES = { geneveSources: ["10.99.0.0/24"] };
jest.setTimeout(60_000);

/** A veth gives what XDP returns only to a peer with an XDP program of its own: veth_xdp_flush in drivers/net/veth.c. */
function passByXdp(path: Path, host: string, device: string): void {
  const [source, object] = [join(path.directory, "pass.c"), join(path.directory, "pass.o")];
  writeFileSync(source, '__attribute__((section("xdp"))) int pass(void *context) { return 2; /* XDP_PASS */ }\n');
  execFileSync("clang", ["-O2", "-target", "bpf", "-c", source, "-o", object]);
  path.exec(host, "ip", "link", "set", device, "xdpdrv", "object", object, "section", "xdp");
}

describeAsRoot("hairpin mode, end to end", () => {
  test("returns ping, TCP both ways over IPv4 and IPv6, jumbo packets and fragments, byte for byte", async () => {
    await withPath(async (path) => {
      expect(ping(path, "client", SERVER.ipv4)).toBe(false); /* Nothing returns a packet yet. */
      const agent = await path.startAgent(passThrough(SOURCES));
      for (const family of ["ipv4", "ipv6"] as const) {
        const overhead = family === "ipv4" ? 28 : 48;
        expect(ping(path, "client", SERVER[family])).toBe(true);
        expect(ping(path, "client", SERVER[family], "-M", "do", "-s", String(8500 - overhead))).toBe(true);
        expect(ping(path, "client", SERVER[family], "-s", "20000")).toBe(true);
      }
      await path.ask({ ask: "reorder-fragments", on: true });
      expect(ping(path, "client", SERVER.ipv4, "-s", "20000")).toBe(true);
      await path.ask({ ask: "reorder-fragments", on: false });
      await Promise.all([serveTcp(path, "server", 5201), serveTcp(path, "client", 5202)]);
      const exchanges = await Promise.all([
        exchangeTcp(path, "client", SERVER.ipv4, 5201, 300_000),
        exchangeTcp(path, "client", SERVER.ipv6, 5201, 300_000),
        exchangeTcp(path, "server", CLIENT.ipv4, 5202, 300_000),
        exchangeTcp(path, "server", CLIENT.ipv6, 5202, 300_000),
      ]);
      expect(exchanges).toEqual(
        [CLIENT.ipv4, CLIENT.ipv6, SERVER.ipv4, SERVER.ipv6].map((seenAs) => ({
          confirmed: true,
          echoed: true,
          seenAs,
        })),
      );
      const { wrong, largestInner } = await path.ask({ ask: "statistics" });
      expect(wrong).toEqual({});
      expect(largestInner).toBe(8500);
      expect(await agent.end("SIGINT")).toBe(0);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true); /* Nobody runs, and the kernel goes on. */
    });
  });

  test("drops what a rule names, and tells why", async () => {
    await withPath(async (path) => {
      await path.startAgent(filter(SOURCES));
      await serveTcp(path, "server", 80);
      await serveTcp(path, "server", 81);
      await expect(exchangeTcp(path, "client", SERVER.ipv4, 81, 10)).resolves.toMatchObject({ confirmed: true });
      const blocked = exchangeTcp(path, "client", SERVER.ipv4, 80, 10).catch(() => "blocked");
      const soon = new Promise((done) => setTimeout(done, 1500, "nothing yet"));
      expect(await Promise.race([blocked, soon])).toBe("nothing yet");
      const { rules } = JSON.parse(path.agent("rules", "--json").out) as { rules: { name: string; hits: number }[] };
      expect(rules).toEqual([expect.objectContaining({ name: "drop-http" })]);
      expect(rules[0]?.hits).toBeGreaterThan(0);
      expect(path.agent("drops").out).toMatch(/^rule +\d+$/m);
      expect(path.agent("status").out).toMatch(/attached: hairpin by (tcx|clsact) on a0/);
      expect(path.agent("endpoints").out).toContain("vpce-00123456789abcd00");
    });
  });

  test("returns packets from XDP, and changes to tc while they pass", async () => {
    const xdp = passThrough({ ...SOURCES, hook: "xdp" });
    await withPath(
      async (path) => {
        passByXdp(path, "gwlb", "g0");
        const agent = await path.startAgent(xdp);
        expect(ping(path, "client", SERVER.ipv4, "-s", "1000")).toBe(true);
        expect(ping(path, "client", SERVER.ipv6, "-s", "1000")).toBe(true);
        expect(path.agent("status").out).toContain("attached: hairpin by xdp on a0");
        expect(path.agent("capture").err).toMatch(
          /^capture: xdp takes packets before the host sees them, got hook xdp; /,
        );
        expect((await path.ask({ ask: "statistics" })).wrong).toEqual({});
        writeFileSync(agent.configurationPath, JSON.stringify(passThrough(SOURCES)));
        await eventually(
          "tc takes over",
          () => /attached: hairpin by (tcx|clsact) /.test(path.agent("status").out) || undefined,
        );
        expect(ping(path, "client", SERVER.ipv4)).toBe(true);
        expect(path.exec("appliance", "ip", "link", "show", "a0")).not.toContain("xdp");
      },
      { underlayMtu: 3000 },
    );
  });
});
