import { describeAsRoot, eventually } from "../../support/namespaces";
import { ROUTED_SYSCTLS } from "../../../appliance-agent/src/rules/routed-sysctls";
import { CLIENT, Path, SERVER, withPath } from "../../../tools/end-to-end/path";
import { exchangeTcp, ping, serveTcp } from "./traffic";

jest.setTimeout(90_000);

/** HTTP of the client is answered by the appliance itself; the rest is forwarded. */
const configuration = {
  version: 1,
  mode: "routed",
  geneveSources: ["10.99.0.0/24"],
  /* A listening socket answers by the mark of the SYN: where IPv6 has no default route, nothing else leads back. */
  sysctls: { ...ROUTED_SYSCTLS, "net.ipv4.tcp_fwmark_accept": "1" },
  iptables: {
    ipv4: [
      "*nat",
      ":GWLB-PREROUTING - [0:0]",
      "-A GWLB-PREROUTING -i gwi-+ -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.99.0.2:5280",
      "COMMIT",
    ],
    ipv6: [
      "*nat",
      ":GWLB-PREROUTING - [0:0]",
      "-A GWLB-PREROUTING -i gwi-+ -p tcp -m tcp --dport 80 -j DNAT --to-destination [fd99::1]:5280",
      "COMMIT",
    ],
  },
};

/** What a command that fails prints. */
function quoted(path: Path, host: string, ...command: string[]): string {
  try {
    return path.exec(host, ...command);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Packets from gwi-X that came without their mark: those that waited for it in the agent, while the device was made. */
function markedByIptables(path: Path): number {
  const marked = /^\[(\d+):\d+\] -A GWLB-ENDPOINTS -i gwi-\S+ -j MARK/m;
  return Number(marked.exec(path.exec("appliance", "iptables-save", "-c", "-t", "mangle"))?.[1]);
}

/** The second datagram fails when the first was answered by "port unreachable". */
const closedPort = (address: string) => `exec 3<>/dev/udp/${address}/9; echo a >&3; sleep 0.5; echo b >&3`;

describeAsRoot("routed mode, end to end", () => {
  test("routes, translates and returns what a load balancer would take back", async () => {
    await withPath(async (path) => {
      path.exec("appliance", "ip", "address", "add", "fd99::1/128", "dev", "lo", "nodad");
      const agent = await path.startAgent(configuration);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true); /* The first packet of the endpoint. */
      for (const family of ["ipv4", "ipv6"] as const) {
        const overhead = family === "ipv4" ? 28 : 48;
        expect(ping(path, "client", SERVER[family])).toBe(true);
        expect(ping(path, "server", CLIENT[family])).toBe(true);
        expect(ping(path, "client", SERVER[family], "-M", "do", "-s", String(8500 - overhead))).toBe(true);
        expect(ping(path, "client", SERVER[family], "-s", "20000")).toBe(true);
      }
      await path.ask({ ask: "reorder-fragments", on: true });
      expect(ping(path, "client", SERVER.ipv4, "-s", "20000")).toBe(true);
      await path.ask({ ask: "reorder-fragments", on: false });
      expect(quoted(path, "client", "ping", "-n", "-c1", "-W2", "-t1", SERVER.ipv4)).toContain("Time to live exceeded");
      for (const family of ["ipv4", "ipv6"] as const)
        expect(quoted(path, "client", "bash", "-c", closedPort(SERVER[family]))).toContain("Connection refused");
      expect((await path.ask({ ask: "statistics" })).wrong).toEqual({});
      await Promise.all([
        serveTcp(path, "server", 5201),
        serveTcp(path, "client", 5202),
        serveTcp(path, "appliance", 5280),
      ]);
      const exchanges = await Promise.all([
        exchangeTcp(path, "client", SERVER.ipv4, 5201, 300_000),
        exchangeTcp(path, "client", SERVER.ipv6, 5201, 300_000),
        exchangeTcp(path, "server", CLIENT.ipv4, 5202, 300_000),
        exchangeTcp(path, "server", CLIENT.ipv6, 5202, 300_000),
        exchangeTcp(path, "client", SERVER.ipv4, 80, 300_000),
        exchangeTcp(path, "client", SERVER.ipv6, 80, 300_000),
      ]);
      const from = [CLIENT.ipv4, CLIENT.ipv6, SERVER.ipv4, SERVER.ipv6, CLIENT.ipv4, CLIENT.ipv6];
      expect(exchanges).toEqual(from.map((seenAs) => ({ confirmed: true, echoed: true, seenAs })));
      await path.ask({ ask: "forget-flows" });
      await expect(exchangeTcp(path, "client", SERVER.ipv4, 80, 1000)).resolves.toMatchObject({ echoed: true });
      const { wrong, largestInner } = await path.ask({ ask: "statistics" });
      expect(wrong).toEqual({});
      expect(largestInner).toBe(8500);
      expect(path.agent("flows", "--port", "80").out).toContain(`${SERVER.ipv4}:80`);
      expect(markedByIptables(path)).toBeLessThan(10);
      expect(await agent.end("SIGINT")).toBe(0);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
    });
  });

  test("serves both families where new devices have no IPv6, and says nothing of its own into flows", async () => {
    await withPath(async (path) => {
      path.exec("appliance", "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
      path.exec("appliance", "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
      const agent = await path.startAgent(configuration);
      for (const family of ["ipv4", "ipv6"] as const) expect(ping(path, "client", SERVER[family])).toBe(true);
      await eventually("the agent is ready", () => agent.health("/readyz").status === 200 || undefined, agent.log);
      /* Hardening that is done again: `all` switches every device off. */
      path.exec("appliance", "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
      await eventually("IPv6 passes again", () => ping(path, "client", SERVER.ipv6) || undefined, agent.log, 20);
      expect(path.exec("appliance", "ip", "-6", "-o", "address")).not.toContain("fe80::");
      expect(JSON.parse(path.agent("drops", "--json", "--all").out)).toMatchObject({ no_flow: 0 });
    });
  });
});
