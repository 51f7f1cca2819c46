import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endpointDevices } from "../../../appliance-agent/src/datapath/endpoint-devices";
import { filter } from "../../../appliance-agent/src/rules/presets/filter";
import { passThrough } from "../../../appliance-agent/src/rules/presets/pass-through";
import { ROUTED_SYSCTLS } from "../../../appliance-agent/src/rules/routed-sysctls";
import { describeAsRoot, eventually } from "../../support/namespaces";
import { hasTcx } from "../../support/tcx-programs";
import { compiledProgram } from "../../../tools/end-to-end/compiled-program";
import { ENDPOINT, Path, RunningAgent, SERVER, withPath } from "../../../tools/end-to-end/path";
import { ping } from "./traffic";

jest.setTimeout(60_000);

const SOURCES = { geneveSources: ["10.99.0.0/24"] };
const hairpin = passThrough(SOURCES);
const routed = { version: 1, mode: "routed", ...SOURCES, sysctls: ROUTED_SYSCTLS } as const;

interface Readyz {
  readonly failing: readonly string[];
  readonly conditions: readonly { readonly name: string; readonly detail: string }[];
}
function readyz(agent: RunningAgent): Readyz {
  const { status, body } = agent.health("/readyz");
  return status === 0 ? { failing: [], conditions: [] } : (JSON.parse(body) as Readyz);
}

/** An S3 on loopback of the appliance, whose only object is a file. */
async function startS3(path: Path): Promise<string[]> {
  const child = path.spawn(
    "appliance",
    [...compiledProgram("__tests__/appliance-agent/e2e/s3-child.ts"), join(path.directory, "object")],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  if (child.stdout) await once(child.stdout, "data");
  return ["--config-s3", "s3://bucket/agent.json", "--s3-endpoint", "http://127.0.0.1:9000"];
}

describeAsRoot("the control plane", () => {
  test("takes a configuration from S3, and the last good one when S3 is gone at the next boot", async () => {
    await withPath(async (path) => {
      const environment = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "eu-west-1" };
      const flags = await startS3(path);
      writeFileSync(join(path.directory, "object"), JSON.stringify(filter(SOURCES)));
      const agent = await path.startAgent("not this one", { flags, environment });
      expect(path.agent("rules").out).toContain("drop-http");
      rmSync(join(path.directory, "object"));
      agent.process.kill("SIGHUP");
      await eventually(
        "S3 is said to be unreadable",
        () => agent.health("/metrics").body.includes("configuration_unreadable 1") || undefined,
      );
      expect(agent.health("/readyz").status).toBe(200);
      expect(path.agent("status").out).toContain(
        "s3://bucket/agent.json: no such object; upload it, or correct --config-s3",
      );
      await agent.end("SIGKILL");
      await path.startAgent("not this one", { flags, environment });
      expect(path.agent("rules").out).toContain("drop-http");
      expect(path.agent("status").out).toContain("last-good.json");
    });
  });

  test("sets back what something else has changed: a kernel parameter, the program, a route, a rule, a chain", async () => {
    await withPath(async (path) => {
      const chain = ["*filter", ":GWLB-FORWARD - [0:0]", "-A GWLB-FORWARD -p tcp -m tcp --dport 99 -j DROP", "COMMIT"];
      const agent = await path.startAgent({ ...routed, iptables: { ipv4: chain } });
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      const host = (script: string) => path.exec("appliance", "bash", "-c", script);
      const attached = () => /^data path.*$/m.exec(path.agent("status").out)?.[0];
      const state = () =>
        host(
          "sysctl net.ipv4.conf | grep -e gw.*rp_filter; ip rule; ip route show table all; iptables-save | grep -v '^[#:]'",
        ) + attached();
      const good = state();
      host("for f in /proc/sys/net/ipv4/conf/gw*/rp_filter; do echo 2 > $f; done");
      host("ip rule del pref 111; ip route flush table 60810001; iptables -F GWLB-FORWARD");
      if (hasTcx()) host(`for pin in ${path.bpffs}/agent/tcx-*; do bpftool link detach pinned $pin; done`);
      else host("for d in a0 $(ls /sys/class/net | grep gwo-); do tc qdisc del dev $d clsact; done");
      expect(state()).not.toBe(good);
      await eventually("everything is as it was", () => state() === good || undefined, state, 30);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      expect(agent.log()).toContain("set net.ipv4.conf.gwi-");
    });
  });

  test("refuses a bad configuration while packets pass, says why, and takes the next good one", async () => {
    await withPath(async (path) => {
      const agent = await path.startAgent(hairpin);
      writeFileSync(agent.configurationPath, JSON.stringify({ ...hairpin, geneveSources: ["10.99.0.0/33"] }));
      await eventually(
        "it is refused",
        () => agent.health("/metrics").body.includes("configuration_refused 1") || undefined,
      );
      expect(path.agent("status").out).toMatch(/geneveSources\[0\].*got "10\.99\.0\.0\/33"; /);
      expect([agent.health("/readyz").status, ping(path, "client", SERVER.ipv4)]).toEqual([200, true]);
      writeFileSync(agent.configurationPath, JSON.stringify({ ...hairpin, geneveSources: ["192.0.2.0/24"] }));
      await eventually(
        "the next is taken",
        () => agent.health("/metrics").body.includes("configuration_refused 0") || undefined,
      );
      await eventually("and in force", () => (ping(path, "client", SERVER.ipv4, "-W", "1") ? undefined : true));
      expect(path.agent("drops").out).toMatch(/untrusted_source +[1-9]/);
    });
  });

  test("changes its mode, and takes back what the other mode had made", async () => {
    await withPath(async (path) => {
      const agent = await path.startAgent(routed);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      writeFileSync(agent.configurationPath, JSON.stringify(hairpin));
      await eventually(
        "hairpin is attached",
        () => path.agent("status").out.includes("attached: hairpin") || undefined,
      );
      await eventually("no device is left", () =>
        path.exec("appliance", "ls", "/sys/class/net").includes("gw") ? undefined : true,
      );
      expect(path.exec("appliance", "ip", "rule")).not.toContain("60810001");
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      writeFileSync(agent.configurationPath, JSON.stringify(routed));
      await eventually(
        "routed again",
        () =>
          (ping(path, "client", SERVER.ipv4, "-W", "1") && path.agent("status").out.includes("attached: routed")) ||
          undefined,
      );
    });
  });

  test("drains on SIGTERM: not ready first, then gone, the data path attached", async () => {
    await withPath(async (path) => {
      const agent = await path.startAgent(hairpin, { flags: ["--drain-seconds", "2"] });
      const second = path.agent("run", "--config", agent.configurationPath);
      expect([second.code, second.err]).toEqual([
        5,
        expect.stringMatching(/^run: another agent holds .*; stop it, or give this one --pins of its own\n$/),
      ]);
      const started = performance.now();
      const ended = agent.end("SIGTERM");
      await eventually("not ready", () => (agent.health("/readyz").status === 503 ? true : undefined));
      expect(readyz(agent).failing).toEqual(["draining"]);
      expect(agent.health("/livez").status).toBe(200);
      expect(await ended).toBe(0);
      expect(performance.now() - started).toBeGreaterThan(1900);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      expect(path.agent("status")).toMatchObject({
        code: 3,
        out: expect.stringContaining("attached: hairpin") as string,
      });
    });
  });

  test("is not ready while the bridge is not reachable, and says which check fails", async () => {
    await withPath(async (path) => {
      const health = { port: 8080, tcpChecks: [{ name: "bridge", address: "10.99.0.1", port: 3180 }] };
      const agent = await path.startAgent({ ...hairpin, health }, { waitUntilReady: false });
      await eventually(
        "the check fails",
        () => (readyz(agent).conditions.some(({ detail }) => detail.includes("ECONNREFUSED")) ? true : undefined),
        () => agent.health("/readyz").body,
        15,
      );
      expect(readyz(agent).failing).toEqual(["tcp-check:bridge"]);
    });
  });

  test("serves an endpoint while the devices of another cannot be made, and says which and why", async () => {
    await withPath(async (path) => {
      const { endpoint, ingress } = endpointDevices("00000000000000ff");
      mkdirSync(join(path.directory, "run"));
      writeFileSync(join(path.directory, "run/endpoints.json"), JSON.stringify({ [endpoint]: { slot: 2 } }));
      path.exec("appliance", "ip", "link", "add", ingress, "type", "veth", "peer", "other0");
      const agent = await path.startAgent(routed, { waitUntilReady: false });
      await eventually(
        "the data path is attached",
        () => path.agent("status").out.includes("attached: routed") || undefined,
        agent.log,
      );
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      expect(agent.health("/readyz").status).toBe(503);
      expect(readyz(agent).conditions.find(({ name }) => name === "devices")?.detail).toContain(
        `TUN device ${ingress}: make, got EINVAL; an interface of this name that is no TUN device exists: remove it`,
      );
      path.exec("appliance", "ip", "link", "del", ingress);
      await eventually("the other endpoint is served, too", () => agent.health("/readyz").status === 200 || undefined);
      expect(path.exec("appliance", "ls", "/sys/class/net")).toContain(ingress);
    });
  });

  test("makes devices again that somebody has deleted, and packets go to the new ones", async () => {
    await withPath(async (path) => {
      const agent = await path.startAgent(routed);
      expect(ping(path, "client", SERVER.ipv4)).toBe(true);
      const { ingress, egress } = endpointDevices(ENDPOINT);
      for (const device of [ingress, egress]) {
        path.exec("appliance", "ip", "link", "del", device);
        agent.process.kill("SIGHUP"); /* It looks at once. */
        await eventually(
          `packets pass without the old ${device}`,
          () => ping(path, "client", SERVER.ipv4, "-W", "1") || undefined,
          agent.log,
          20,
        );
      }
    });
  });

  test("is not ready while its interface is too narrow for the load balancer's packets, and says so", async () => {
    await withPath(
      async (path) => {
        const agent = await path.startAgent(hairpin, { waitUntilReady: false });
        await eventually("it answers", () => agent.health("/readyz").status === 503 || undefined, agent.log);
        const detail =
          "underlay interface a0: MTU below 8568 (packets of 8500 bytes and 68 of GENEVE), got 1500; ip link set dev a0 mtu 9001";
        await eventually("only the MTU fails", () => readyz(agent).failing.join() === "underlay-mtu" || undefined);
        expect(readyz(agent).conditions.find(({ name }) => name === "underlay-mtu")?.detail).toBe(detail);
        expect(path.agent("status").out).toContain(`underlay-mtu: ${detail}`);
        path.exec("appliance", "ip", "link", "set", "dev", "a0", "mtu", "8568");
        await eventually("it is ready", () => agent.health("/readyz").status === 200 || undefined);
      },
      { underlayMtu: 1500 },
    );
  });

  test("is not ready while GRO merges GENEVE packets, and says how to switch that off", async () => {
    await withPath(async (path) => {
      path.exec("appliance", "ethtool", "-K", "a0", "gro", "on", "rx-udp-gro-forwarding", "on", "rx-gro-list", "on");
      const agent = await path.startAgent(hairpin, { waitUntilReady: false });
      await eventually(
        "only that fails",
        () => readyz(agent).failing.join() === "underlay-gro" || undefined,
        agent.log,
      );
      const remedy = /ethtool -K a0 [-a-z ]+/.exec(path.agent("status").out)?.[0] ?? "";
      expect(remedy).toBe("ethtool -K a0 rx-udp-gro-forwarding off rx-gro-list off");
      path.exec("appliance", ...remedy.split(" "));
      agent.process.kill("SIGHUP");
      await eventually("it is ready", () => agent.health("/readyz").status === 200 || undefined, agent.log, 30);
    });
  });

  test("captures what passes as pcap that tshark reads", async () => {
    await withPath(async (path) => {
      const agent = await path.startAgent(hairpin);
      expect(agent.process.exitCode).toBeNull();
      const file = join(path.directory, "inner.pcap");
      const capture = path.spawn("appliance", [
        "bash",
        "-c",
        `${compiledProgram("appliance-agent/src/main.ts").join(" ")} capture --inner --interface a0 --count 4 > ${file}`,
      ]);
      const ended = once(capture, "exit");
      await eventually(
        "the capture has begun",
        () => (existsSync(file) && readFileSync(file).length >= 24) || undefined,
      );
      ping(path, "client", SERVER.ipv4);
      await ended;
      const fields = ["-T", "fields", "-e", "ip.src", "-e", "ip.dst", "-e", "icmp.type"];
      const seen = execFileSync("tshark", ["-r", file, ...fields], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const [request, reply] = [`10.1.0.5\t203.0.113.5\t8`, `203.0.113.5\t10.1.0.5\t0`];
      expect(seen.trim().split("\n")).toEqual([request, request, reply, reply]);
    });
  });
});
