import { encapsulateGwlb } from "../../../appliance-agent/src/codec/gwlb-packet";
import { composeIpv4 } from "../../../appliance-agent/src/codec/ip-compose";
import { squidConf } from "../../../appliance-agent/src/proxy-bridge/squid-conf";
import { squidBastion } from "../../../appliance-agent/src/rules/presets/squid-bastion";
import { applianceUserData } from "../../../modules/internal/user-data/appliance-user-data";
import { bastionUserData } from "../../../modules/internal/user-data/bastion-user-data";
import { ensureAgentBundle } from "../../../tools/build-agent/ensure-agent-bundle";
import { describeAsRoot, eventually } from "../../support/namespaces";
import { noSystemd, SystemdMachine, withSystemd } from "../../support/systemd";

const describeWithSystemd = (name: string, body: () => void): void => {
  if (noSystemd === undefined || process.env.REQUIRE_ROOT === "1") describeAsRoot(name, body);
  else describe.skip(`${name} (skipped: ${noSystemd})`, body);
};

/** GetObject of the S3 API, from files. */
const S3 = `
const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
require("node:http").createServer((request, response) => {
  const path = new URL(request.url, "http://s3").pathname;
  const body = readFileSync("/var/lib/s3" + path);
  const etag = '"' + createHash("md5").update(body).digest("hex") + '"';
  if (request.headers["if-none-match"] === etag) return response.writeHead(304).end();
  response.writeHead(200, { ETag: etag, "Content-Length": body.length }).end(body);
}).listen(9000, "127.0.0.1");
`;

/** What the agent's units have on this machine besides: S3 on loopback, credentials for it, a log without a journal. */
const S3_ENVIRONMENT = `[Service]
StandardOutput=append:/var/log/gwlb-agent.log
StandardError=inherit
Environment=AWS_ENDPOINT_URL_S3=http://127.0.0.1:9000 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
`;

/** A machine of the distribution whose packages are installed, with S3, as it is before its first boot. */
function freshMachine(script: string, configurations: Record<string, unknown>): Record<string, string> {
  const stored = Object.entries(configurations).map(([key, value]) => [
    `/var/lib/s3/bucket/${key}`,
    JSON.stringify(value),
  ]);
  return {
    "/usr/local/bin/rpm": "#!/bin/sh\n",
    "/usr/local/bin/sleep": "#!/bin/sh\n",
    "/usr/local/bin/node-24": `#!/bin/sh\nexec ${process.execPath} "$@"\n`,
    "/usr/local/bin/aws":
      '#!/bin/sh\nwhile [ $# -gt 1 ]; do case $1 in --bucket) b=$2 ;; --key) k=$2 ;; esac; shift; done\ncp "/var/lib/s3/$b/$k" "$1"\n',
    "/etc/systemd/system/s3.service": `[Service]\nType=exec\nExecStart=${process.execPath} /opt/s3.cjs\n`,
    "/etc/systemd/system/gwlb-agent.service.d/s3.conf": S3_ENVIRONMENT,
    "/etc/systemd/system/gwlb-proxy-bridge.service.d/s3.conf": S3_ENVIRONMENT,
    "/opt/s3.cjs": S3,
    "/opt/user-data": script,
    ...Object.fromEntries(stored),
  };
}

/** The first packet of an endpoint, as the load balancer sends it. */
const FIRST_PACKET = {
  source: "10.2.0.1",
  destination: "10.2.0.4",
  sourcePort: 60_001,
  gwlb: { endpointId: 0x0123456789abcdefn, attachmentId: 1n, flowCookie: 7 },
  inner: composeIpv4(
    { source: "10.1.0.10", destination: "198.51.100.7" },
    { protocol: 17, bytes: Buffer.from("c350003500080000", "hex") },
  ),
};

/** Sends an IPv4 packet, in hexadecimal, from the other end of eth0 to it. */
const SEND_FRAME = `
import socket, sys
mac = bytes.fromhex(open("/sys/class/net/eth0/address").read().strip().replace(":", ""))
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("fabric", 0))
link.send(mac + bytes.fromhex("020000000001") + b"\\x08\\x00" + bytes.fromhex(sys.argv[1]))
`;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describeWithSystemd("a machine's first boot, with the real archive under a real systemd", () => {
  const archive = ensureAgentBundle();
  const bundle = {
    program: { bucket: "bucket", key: `agent/${archive.sha256}.tar` },
    sha256: archive.sha256,
    region: "eu-west-1",
  };

  /** Boots a machine. @returns the output of the boot script, and of what it started */
  async function boot(machine: SystemdMachine): Promise<string> {
    machine.exec("mkdir", "-p", "/var/lib/s3/bucket/agent");
    machine.exec("cp", archive.path, `/var/lib/s3/bucket/agent/${archive.sha256}.tar`);
    machine.exec("systemctl", "start", "s3.service");
    await eventually("S3", () => (machine.exec("ss", "-ltn").includes(":9000") ? true : undefined));
    return machine.exec("bash", "/opt/user-data") + machine.exec("cat", "/var/log/gwlb-agent.log");
  }

  /** The answer of /readyz, its status first. */
  const readyz = (machine: SystemdMachine): string =>
    machine
      .exec("curl", "--silent", "--write-out", " %{http_code}", "http://127.0.0.1:8080/readyz")
      .replace(/^(.*) (\d+)$/s, "$2 $1");

  /** Waits for an answer with a status. */
  const answers = (machine: SystemdMachine, status: number): Promise<true> =>
    eventually(
      `/readyz to answer ${String(status)}`,
      () => (readyz(machine).startsWith(`${String(status)} `) ? true : undefined),
      () => `${readyz(machine)}\n${machine.exec("tail", "/var/log/gwlb-agent.log")}`,
    );

  /** The interface of an appliance, as EC2 has it. */
  const addUnderlay = (machine: SystemdMachine): void => {
    machine.exec("ip", "link", "add", "eth0", "mtu", "9001", "type", "veth", "peer", "fabric");
    for (const name of ["eth0", "fabric"]) machine.exec("ip", "link", "set", name, "up");
    machine.exec("ip", "address", "add", "10.2.0.4/28", "dev", "eth0");
    machine.exec("ip", "route", "add", "default", "via", "10.2.0.1", "dev", "eth0", "proto", "dhcp", "metric", "512");
  };

  const json = (machine: SystemdMachine, ...argv: string[]): unknown => JSON.parse(machine.exec(...argv));

  test("makes a bastion: bridge, then Squid; a change of the configuration in S3 reaches Squid", async () => {
    const configuration = { bucket: "bucket", key: "agent/bridge.json" };
    const script = bastionUserData({
      bundle,
      configuration,
      squidConf: squidConf({ deniedDestinations: ["10.2.0.0/24"] }),
    });
    const bridge = { version: 1, clientCidrs: ["10.1.0.0/24"], deniedDomains: ["one.example"] };
    const files = {
      ...freshMachine(script, { "agent/bridge.json": bridge }),
      "/etc/squid/squid.conf": "of the package\n",
    };
    await withSystemd({ files, unitsOfThisMachine: ["squid.service"] }, async (machine) => {
      const output = await boot(machine);
      expect(output).toContain("gwlb-agent boot: done: gwlb-proxy-bridge.service squid.service");
      expect(machine.property("gwlb-proxy-bridge.service", "ActiveState")).toBe("active");
      expect(
        machine.exec("ps", "-o", "user=", "-p", machine.property("gwlb-proxy-bridge.service", "MainPID")).trim(),
      ).toBe("gwlb-bridge");
      await answers(machine, 200);
      expect(machine.exec("cat", "/var/lib/gwlb-agent/squid/denied-domains")).toBe("one.example\n");

      const log = (): string => machine.exec("cat", "/var/log/squid/cache.log");
      expect(log()).not.toContain("Reconfiguring");
      const changed = JSON.stringify({ ...bridge, deniedDomains: ["two.example"] });
      machine.exec("sh", "-c", `echo '${changed}' >/var/lib/s3/bucket/agent/bridge.json`);
      await eventually(
        "Squid to read the new lists",
        () => (log().includes("Reconfiguring") ? true : undefined),
        log,
        30,
      );
      expect(machine.exec("cat", "/var/lib/gwlb-agent/squid/denied-domains")).toBe("two.example\n");
    });
  }, 60_000);

  test("makes an appliance that routes through iptables, in the same sandbox", async () => {
    const configuration = { bucket: "bucket", key: "agent/eu-west-1a.json" };
    const script = applianceUserData({ bundle, configuration, mode: "routed" });
    const agent = squidBastion({
      geneveSources: ["10.2.0.0/28"],
      clientCidrs: ["10.1.0.0/24"],
      bastionAddress: "10.2.0.5",
    });
    const bastion = ["3180", "3443"].map((port) => [
      `/etc/systemd/system/bastion-${port}.service`,
      `[Service]\nExecStart=/usr/bin/python3 -m http.server --bind 10.2.0.5 ${port}\n`,
    ]);
    const files = { ...freshMachine(script, { "agent/eu-west-1a.json": agent }), ...Object.fromEntries(bastion) };
    await withSystemd({ files }, async (machine) => {
      addUnderlay(machine);
      machine.exec("ip", "address", "add", "10.2.0.5/32", "dev", "lo");
      machine.exec("systemctl", "start", "bastion-3180.service", "bastion-3443.service");
      expect(await boot(machine)).toContain("gwlb-agent boot: done: gwlb-agent.service enabled and started");
      await answers(machine, 200);
      expect(machine.exec("iptables-save", "-t", "nat")).toMatch(/-A GWLB-\S+ .*--to-destination 10\.2\.0\.5:3180/);
      expect(machine.exec("cat", "/proc/sys/net/ipv4/ip_forward")).toBe("1\n");

      const before = machine.exec("ip", "-brief", "link");
      expect(before).not.toContain("gwi-");
      machine.exec("/usr/bin/python3", "-c", SEND_FRAME, hex(encapsulateGwlb(FIRST_PACKET)));
      const devices = (): string => machine.exec("ip", "-brief", "link");
      await eventually("devices of the endpoint", () => (/gwi-.*gwo-/s.test(devices()) ? true : undefined), devices);
      await answers(machine, 200);
    });
  }, 60_000);

  test("makes an appliance that survives being killed, restarts quickly and drains when it is stopped", async () => {
    const configuration = { bucket: "bucket", key: "agent/eu-west-1a.json" };
    const script = applianceUserData({ bundle, configuration, mode: "hairpin" });
    const agent = { version: 1, mode: "hairpin", underlayInterface: "eth0", geneveSources: ["10.2.0.0/28"] };
    await withSystemd({ files: freshMachine(script, { "agent/eu-west-1a.json": agent }) }, async (machine) => {
      addUnderlay(machine);
      const output = await boot(machine);
      expect(output).toContain("gwlb-agent boot: done: gwlb-agent.service enabled and started");
      const property = (name: string): string => machine.property("gwlb-agent.service", name);
      expect(property("ActiveState")).toBe("active");
      await answers(machine, 200);

      machine.exec("kill", "-KILL", property("MainPID"));
      await eventually("a restart", () => (property("NRestarts") === "1" ? true : undefined));
      await answers(machine, 200);

      const start = Date.now();
      machine.exec("systemctl", "restart", "gwlb-agent.service");
      expect(Date.now() - start).toBeLessThan(5_000);
      await answers(machine, 200);
      expect(json(machine, "gwlb-agent", "status", "--json")).toBeTruthy();

      machine.exec("systemctl", "stop", "--no-block", "gwlb-agent.service");
      await answers(machine, 503);
    });
  }, 60_000);
});
