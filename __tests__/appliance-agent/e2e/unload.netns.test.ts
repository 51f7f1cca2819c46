import { rmSync } from "node:fs";
import { describeAsRoot } from "../../support/namespaces";
import { squidBastion } from "../../../appliance-agent/src/rules/presets/squid-bastion";
import { ENDPOINT, Path, SERVER, withPath } from "../../../tools/end-to-end/path";
import { ping } from "./traffic";

jest.setTimeout(60_000);

const configuration = {
  ...squidBastion({ geneveSources: ["10.99.0.0/24"], clientCidrs: ["10.1.0.0/24"], bastionAddress: "10.99.0.1" }),
  health: { port: 8080, tcpChecks: [] },
};

/** Everything of the host that the agent may change. */
function hostState({ exec, bpffs }: Path): Record<string, string> {
  const shell = (script: string) => exec("appliance", "bash", "-c", script);
  return {
    /* conntrack_max and conntrack_buckets are the whole kernel's: another test may be enlarging them. */
    sysctls: shell(
      "sysctl -a 2>/dev/null | grep '^net' | grep -v -e gwi- -e gwo- -e 'conntrack_\\(count\\|max\\|buckets\\)' -e stable_secret",
    ),
    links: shell("ip -o link | cut -d' ' -f2,9-"),
    qdiscs: shell("tc qdisc show"),
    programs: shell(
      `tc filter show dev a0 ingress; tc filter show dev a0 egress; bpftool link show pinned ${bpffs}/agent/tcx-underlay; true`,
    ),
    rules: shell("ip rule; ip -6 rule"),
    routes: shell("ip route show table all; ip -6 route show table all | grep -v -e multicast -e fe80"),
    iptables: shell("iptables-save | grep -e GWLB -e '^-A'; ip6tables-save | grep -e GWLB -e '^-A'; true"),
    pins: shell(`find ${bpffs} -mindepth 1`),
  };
}

describeAsRoot("unload", () => {
  test("leaves the host as it was before the first run", async () => {
    await withPath(async (path) => {
      const before = hostState(path);
      const agent = await path.startAgent(configuration);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      const busy = path.agent("unload");
      expect(busy.code).toBe(5);
      expect(busy.err).toMatch(
        /^unload: an agent runs on .*, got its lock; stop it first: systemctl stop gwlb-agent\n$/,
      );
      await agent.end("SIGINT");
      const during = hostState(path);
      expect(during.sysctls).toContain("net.netfilter.nf_conntrack_tcp_timeout_established = 360\n");
      for (const key of Object.keys(before)) expect([key, during[key] === before[key]]).toEqual([key, false]);
      const { code, out, err } = path.agent("unload");
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toContain("kernel parameters restored");
      expect(hostState(path)).toEqual(before);
      expect(path.agent("unload").code).toBe(0);
      expect(path.agent("status")).toMatchObject({ code: 3, out: expect.stringContaining("not loaded") as string });
    });
  });

  test("takes down what an earlier version has left, which had pinned fewer maps", async () => {
    await withPath(async (path) => {
      const before = hostState(path);
      const agent = await path.startAgent(configuration);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      await agent.end("SIGINT");
      for (const name of ["direct_endpoints", "devices_generation"]) rmSync(`${path.bpffs}/agent/maps/${name}`);
      expect(path.agent("endpoints").out).toContain(`vpce-0${ENDPOINT}`);
      expect(path.agent("unload")).toMatchObject({ code: 0, err: "" });
      expect(hostState(path)).toEqual(before);
    });
  });
});
