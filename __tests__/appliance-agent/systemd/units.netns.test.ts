import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describeAsRoot, eventually } from "../../support/namespaces";
import { noSystemd, withSystemd } from "../../support/systemd";

const SYSTEMD = resolve(__dirname, "../../../appliance-agent/systemd");

/** Files of a role, by the absolute path that they get. */
function filesOf(role: "appliance" | "bastion", folder = "/"): Record<string, string> {
  return Object.fromEntries(
    readdirSync(join(SYSTEMD, role, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return Object.entries(filesOf(role, path));
      return [[path, readFileSync(join(SYSTEMD, role, path), "utf8")]];
    }),
  );
}

const UNITS = (["appliance", "bastion"] as const).flatMap((role) =>
  Object.keys(filesOf(role))
    .filter((path) => /\.(service|path|timer)$/.test(path))
    .map((path) => join(SYSTEMD, role, path)),
);
const analyze = spawnSync("systemd-analyze", ["--version"]);
const describeWithAnalyze = (name: string, body: () => void): void => {
  if (analyze.status === 0 || process.env.REQUIRE_ROOT === "1") describe(name, body);
  else describe.skip(`${name} (skipped: not on this machine)`, body);
};

describeWithAnalyze("systemd-analyze", () => {
  test.each(UNITS.map((unit) => [unit.split("/").at(-1), unit]))("finds nothing wrong with %s", (_, unit) => {
    const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", String(unit)], { encoding: "utf8" });
    // The programs are on the appliance and the bastion, not here.
    expect(stderr.split("\n").filter((line) => line !== "" && !/is not executable: No such file/.test(line))).toEqual(
      [],
    );
  });

  test.each([
    ["appliance/etc/systemd/system/gwlb-agent.service", 2.9],
    ["bastion/etc/systemd/system/gwlb-proxy-bridge.service", 1.5],
    ["bastion/etc/systemd/system/gwlb-squid-lists.service", 1.5],
  ])("rates the exposure of %s at %s of 10, or less", (unit, limit) => {
    const output = execFileSync("systemd-analyze", ["security", "--offline=true", join(SYSTEMD, unit)], {
      encoding: "utf8",
    });
    expect(Number(/Overall exposure level for \S+: ([\d.]+)/.exec(output)?.[1])).toBeLessThanOrEqual(limit);
  });
});

/** What a program may do, as it finds out by trying. Nothing that it succeeds in is left behind, or is outside the machine. */
const PROBE = `
import ctypes, json, os, socket, subprocess
libc = ctypes.CDLL("libc.so.6", use_errno=True)
bpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
def attempt(action):
    try:
        return action() or "yes"
    except OSError as error:
        return os.strerror(error.errno)
def called(result):
    if result < 0: raise OSError(abs(result) if result != -1 else ctypes.get_errno(), "")
def opened(path, flags): os.close(os.open(path, flags))
def written(path):
    with open(path, "w"): pass
def bpf_map():
    fd = bpf.bpf_map_create(1, b"probe", 4, 4, 16, None)
    called(fd)
    os.makedirs("/sys/fs/bpf/gwlb-agent", exist_ok=True)
    called(bpf.bpf_obj_pin(fd, b"/sys/fs/bpf/gwlb-agent/probe"))
def map_of_maps():
    called(bpf.bpf_map_create(12, b"probe", 4, 4, 1, ctypes.byref((ctypes.c_uint32 * 14)(56, 0, 0, 0, 0, 0, bpf.bpf_obj_get(b"/sys/fs/bpf/gwlb-agent/probe")))))
def map_by_id():
    first = ctypes.c_uint32()
    called(bpf.bpf_map_get_next_id(0, ctypes.byref(first)))
def run(*argv):
    if subprocess.run(argv, capture_output=True).returncode: raise OSError(1, "")
found = {
    "eBPF map, pinned": attempt(bpf_map),
    "eBPF map of maps": attempt(map_of_maps),
    "eBPF map by id": attempt(map_by_id),
    "network device": attempt(lambda: run("ip", "link", "add", "probe0", "type", "veth", "peer", "probe1")),
    "policy rule": attempt(lambda: run("ip", "rule", "add", "pref", "100", "iif", "probe0", "lookup", "100")),
    "iptables rule": attempt(lambda: run("iptables", "--append", "FORWARD", "--jump", "ACCEPT")),
    "net sysctl": attempt(lambda: run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")),
    "TUN": attempt(lambda: opened("/dev/net/tun", os.O_RDWR)),
    "packet socket": attempt(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()),
    "executable memory": attempt(lambda: called(0 if libc.mmap(None, 4096, 7, 0x22, -1, 0) not in (-1, 0) else -1)),
    "state": attempt(lambda: written("/var/lib/gwlb-agent/probe")),
    "runtime": attempt(lambda: written("/run/gwlb-agent/probe")),
    "other sysctl": attempt(lambda: opened("/proc/sys/vm/swappiness", os.O_WRONLY)),
    "/etc": attempt(lambda: written("/etc/gwlb-agent/probe")),
    "/usr": attempt(lambda: written("/usr/probe")),
    "/root": attempt(lambda: os.listdir("/root") and None),
    "kernel log": attempt(lambda: opened("/dev/kmsg", os.O_RDWR)),
    "mount": attempt(lambda: called(libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))),
    "new namespace": attempt(lambda: called(libc.unshare(0x20000000))),
    "kernel module": attempt(lambda: called(libc.syscall(175, None, 0, b""))),
    "vsock": attempt(lambda: socket.socket(40, socket.SOCK_STREAM).close()),
}
with open("/run/gwlb-agent/probe.json", "w") as file: json.dump(found, file)
`;

const describeWithSystemd = (name: string, body: () => void): void => {
  if (noSystemd === undefined || process.env.REQUIRE_ROOT === "1") describeAsRoot(name, body);
  else describe.skip(`${name} (skipped: ${noSystemd})`, body);
};

describeWithSystemd("gwlb-agent.service, under a real systemd", () => {
  test("lets a program do what the agent does, and nothing else", async () => {
    const files = {
      ...filesOf("appliance"),
      "/etc/gwlb-agent/environment": "CONFIGURATION_S3=s3://bucket/key\n",
      "/opt/probe.py": PROBE,
      "/etc/systemd/system/gwlb-agent.service.d/probe.conf":
        "[Service]\nType=oneshot\nExecStart=\nExecStart=/usr/bin/python3 /opt/probe.py\nRestart=no\nWatchdogSec=0\n",
    };
    await withSystemd({ files }, async (machine) => {
      machine.exec("systemctl", "start", "gwlb-agent.service");
      expect(machine.exec("systemctl", "status", "gwlb-agent.service")).toMatch(/Deactivated|inactive/);
      const found = JSON.parse(machine.exec("cat", "/run/gwlb-agent/probe.json")) as Record<string, string>;
      expect(found).toEqual({
        "eBPF map, pinned": "yes",
        "eBPF map of maps": "yes",
        "eBPF map by id": "Operation not permitted",
        "network device": "yes",
        "policy rule": "yes",
        "iptables rule": "yes",
        "net sysctl": "yes",
        TUN: "yes",
        "packet socket": "yes",
        "executable memory": "yes",
        state: "yes",
        runtime: "yes",
        "other sysctl": "Read-only file system",
        "/etc": "Read-only file system",
        "/usr": "Read-only file system",
        "/root": "Permission denied",
        "kernel log": expect.stringMatching(/^(Permission denied|Operation not permitted)$/) as string,
        mount: "Operation not permitted",
        "new namespace": "Operation not permitted",
        "kernel module": "Operation not permitted",
        vsock: "Address family not supported by protocol",
      });
    });
  });
});

describeWithSystemd("gwlb-squid-lists, under a real systemd", () => {
  test("has Squid reload when the bridge changes its lists, once for each change, and not while it does not run", async () => {
    const files = {
      ...filesOf("bastion"),
      "/etc/systemd/system/squid.service":
        "[Service]\nType=exec\nExecStart=/bin/sleep infinity\nExecReload=/bin/sh -c 'cat /var/lib/gwlb-agent/squid/denied-domains >>/var/log/reloads'\n",
      "/var/lib/gwlb-agent/squid/revision": "1\n",
      "/var/log/reloads": "",
    };
    await withSystemd({ files }, async (machine) => {
      const change = (revision: number): string =>
        machine.exec(
          "sh",
          "-ec",
          `cd /var/lib/gwlb-agent/squid; echo ${String(revision)}.example >denied-domains; echo ${String(revision)} >.new; mv .new revision`,
        );
      const reloads = (): string => machine.exec("cat", "/var/log/reloads");
      const inactive = (): true | undefined =>
        machine.property("gwlb-squid-lists.service", "ActiveState") === "inactive" ? true : undefined;

      machine.exec("systemctl", "start", "gwlb-squid-lists.path");
      change(2);
      await eventually("the change to be noticed", () =>
        machine.property("gwlb-squid-lists.service", "ExecMainStartTimestampMonotonic") !== "0"
          ? inactive()
          : undefined,
      );
      expect(reloads()).toBe("");

      machine.exec("systemctl", "start", "squid.service");
      change(3);
      await eventually("the reload", () => (reloads() === "3.example\n" ? true : undefined), reloads);
      change(4);
      await eventually("the second reload", () => (reloads() === "3.example\n4.example\n" ? true : undefined), reloads);
      await eventually("the service to end", inactive);
      machine.exec("systemctl", "start", "gwlb-squid-lists.service");
      expect(reloads()).toBe("3.example\n4.example\n");
    });
  });
});
