import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeAsRoot, eventually } from "../../support/namespaces";
import { ENDPOINT, Path, SERVER, withPath } from "../../../tools/end-to-end/path";
import { exchangeTcp, ping, serveTcp } from "./traffic";

jest.setTimeout(60_000);

const configuration = { version: 1, mode: "routed", geneveSources: ["10.99.0.0/24"] };

/** A script as gwlbtun's users have them; it notes how it was called. */
function script(path: Path, name: string, ...lines: string[]): string {
  const file = join(path.directory, name);
  writeFileSync(file, ["#!/bin/bash", `echo "$@" >> ${path.directory}/calls`, ...lines, ""].join("\n"), {
    mode: 0o755,
  });
  return file;
}

const calls = (path: Path) => readFileSync(join(path.directory, "calls"), "utf8").trim().split("\n");

const deviceName = (path: Path, prefix: string) => {
  const names = path.exec("appliance", "ls", "/sys/class/net").split("\n");
  return names.find((name) => name.startsWith(prefix)) ?? "none";
};

describeAsRoot("gwlbtun's hooks", () => {
  test("a create script that mirrors gwi to gwo passes packets through, unchanged", async () => {
    await withPath(async (path) => {
      const create = script(
        path,
        "create.sh",
        'tc qdisc add dev "$2" ingress',
        /* Not in AWS's examples; it fails where the agent itself needs clsact there. */
        'tc qdisc add dev "$3" clsact || true',
        'tc filter add dev "$2" parent ffff: protocol all prio 2 u32 match u32 0 0 flowid 1:1 action mirred egress mirror dev "$3"',
      );
      const destroy = script(path, "destroy.sh");
      const agent = await path.startAgent({ ...configuration, hooks: { create, destroy } });
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      await serveTcp(path, "server", 5201);
      await expect(exchangeTcp(path, "client", SERVER.ipv4, 5201, 100_000)).resolves.toMatchObject({ echoed: true });
      expect((await path.ask({ ask: "statistics" })).wrong).toEqual({});
      const [gwi, gwo] = [deviceName(path, "gwi-"), deviceName(path, "gwo-")];
      expect(calls(path)).toEqual([`CREATE ${gwi} ${gwo} 0${ENDPOINT}`]);

      await agent.end("SIGKILL");
      const again = await path.startAgent({ ...configuration, hooks: { create, destroy } });
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      expect(calls(path)).toHaveLength(1); /* The devices are the same: the script is not run again. */

      await again.end("SIGINT");
      expect(path.agent("unload").code).toBe(0);
      expect(calls(path).at(-1)).toBe(`DESTROY ${gwi} ${gwo} 0${ENDPOINT}`);
    });
  });

  test("a create script with iptables and a routing table of its own works as it is", async () => {
    await withPath(async (path) => {
      const create = script(
        path,
        "create.sh",
        "ip route replace default dev $3 table 100",
        "iptables -t mangle -A PREROUTING -i $2 -j MARK --set-mark 100",
        "iptables -A FORWARD -i $2 -p tcp --dport 80 -j DROP",
        "ip rule add fwmark 100 table 100",
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
        "for i in all $2 $3; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done",
      );
      await path.startAgent({ ...configuration, hooks: { create } });
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      await Promise.all([serveTcp(path, "server", 80), serveTcp(path, "server", 81)]);
      await expect(exchangeTcp(path, "client", SERVER.ipv4, 81, 1000)).resolves.toMatchObject({ echoed: true });
      const blocked = exchangeTcp(path, "client", SERVER.ipv4, 80, 10).catch(() => "blocked");
      const soon = new Promise((done) => setTimeout(done, 1500, "nothing yet"));
      expect(await Promise.race([blocked, soon])).toBe("nothing yet");
      expect((await path.ask({ ask: "statistics" })).wrong).toEqual({});
    });
  });

  test("a create script that fails is told of with what it printed, and not run again", async () => {
    await withPath(async (path) => {
      const create = script(path, "create.sh", "echo no such table >&2", "exit 3");
      const agent = await path.startAgent({ ...configuration, hooks: { create } });
      ping(path, "client", SERVER.ipv4, "-W", "1");
      await eventually(
        "the failure is counted",
        () => agent.health("/metrics").body.includes("hook_failures_total 1") || undefined,
      );
      expect(path.agent("status").out).toContain("exit 3, got 'no such table'");
      ping(path, "client", SERVER.ipv4, "-W", "1");
      expect(calls(path)).toHaveLength(1);
    });
  });
});
