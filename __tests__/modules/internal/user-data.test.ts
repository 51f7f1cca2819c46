import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { squidConf } from "../../../appliance-agent/src/proxy-bridge/squid-conf";
import { applianceUserData } from "../../../modules/internal/user-data/appliance-user-data";
import { bastionUserData } from "../../../modules/internal/user-data/bastion-user-data";
import { USER_DATA_LIMIT_BYTES } from "../../../modules/internal/user-data/gzipped-user-data";
import { writeTar } from "../../../tools/build-agent/tar";

const SYSTEMD = resolve(__dirname, "../../../appliance-agent/systemd");

/** Files of a folder, by relative path. */
function tree(folder: string, prefix = ""): Record<string, string> {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory()
        ? Object.entries(tree(join(folder, entry.name), `${prefix}${entry.name}/`))
        : [
            [
              `${prefix}${entry.name}`,
              entry.isSymbolicLink()
                ? `-> ${readlinkSync(join(folder, entry.name))}`
                : readFileSync(join(folder, entry.name), "utf8"),
            ],
          ],
    ),
  );
}

/** An archive as tools/build-agent makes it, with a program that is not needed to boot. */
const ARCHIVE = writeTar([
  { path: "bin/gwlb-agent", content: Buffer.from("#!/bin/sh\n"), executable: true },
  ...Object.entries(tree(SYSTEMD, "systemd/")).map(([path, text]) => ({
    path,
    content: Buffer.from(text),
    executable: text.startsWith("#!"),
  })),
]);
const SHA256 = createHash("sha256").update(ARCHIVE).digest("hex");
const BUNDLE = {
  program: { bucket: "agent-bucket", key: `agent/${SHA256}.tar` },
  sha256: SHA256,
  region: "eu-west-1",
};
const APPLIANCE = { bundle: BUNDLE, configuration: { bucket: "agent-bucket", key: "agent/eu-west-1a.json" } };
const SQUID_CONF = squidConf({ deniedDestinations: ["10.2.0.0/24"] });
const SCRIPTS = {
  hairpin: applianceUserData({ ...APPLIANCE, mode: "hairpin" }),
  routed: applianceUserData({ ...APPLIANCE, mode: "routed" }),
  bastion: bastionUserData({
    bundle: BUNDLE,
    configuration: { bucket: "agent-bucket", key: "agent/bridge.json" },
    squidConf: SQUID_CONF,
  }),
};

/** The distribution and AWS, as the script meets them. Each call is a line of `calls`. */
const STUBS = {
  rpm: `[ -e "$WORLD/installed" ]`,
  dnf: `
    left=$(cat "$WORLD/dnf-failures")
    if [ "$left" -gt 0 ]; then echo $((left - 1)) >"$WORLD/dnf-failures"; echo "Error: no mirror" >&2; exit 1; fi
    mkdir -p /etc/squid /etc/systemd/system /etc/sysusers.d /usr/local/bin
    touch "$WORLD/installed"`,
  aws: `
    while [ $# -gt 1 ]; do
      case $1 in --bucket) bucket=$2 ;; --key) key=$2 ;; esac
      shift
    done
    [ -e "$WORLD/s3/$bucket/$key" ] || { echo "An error occurred (NoSuchKey)" >&2; exit 254; }
    cp "$WORLD/s3/$bucket/$key" "$1"; echo '{ "ContentLength": 1 }'`,
  systemctl: `[ ! -e "$WORLD/systemctl-$1-fails" ]`,
  "systemd-sysusers": "",
  sleep: "",
  sync: `if [ -e "$WORLD/power-failure" ]; then rm "$WORLD/power-failure"; kill -KILL $PPID; fi`,
};

/** A machine that boots: its own /etc, /opt and /usr/local, in a mount namespace; nothing else is changed. */
class Machine {
  private readonly world = mkdtempSync(join(tmpdir(), "gwlb-boot-"));

  constructor() {
    mkdirSync(join(this.world, "bin"));
    for (const folder of ["etc", "opt", "local"]) mkdirSync(join(this.world, "root", folder), { recursive: true });
    for (const [name, body] of Object.entries(STUBS)) {
      const file = join(this.world, "bin", name);
      writeFileSync(file, `#!/bin/sh\necho ${name} "$@" >>"$WORLD/calls"\n${body}\n`);
      chmodSync(file, 0o755);
    }
    this.write("dnf-failures", "0\n");
    this.write("calls", "");
    this.store("agent-bucket", `agent/${SHA256}.tar`, ARCHIVE);
    this.store("agent-bucket", "agent/eu-west-1a.json", '{ "version": 1 }');
    this.store("agent-bucket", "agent/bridge.json", '{ "version": 1 }');
  }

  write(name: string, content: string | Buffer): void {
    mkdirSync(dirname(join(this.world, name)), { recursive: true });
    writeFileSync(join(this.world, name), content);
  }

  store(bucket: string, key: string, content: string | Buffer): void {
    this.write(`s3/${bucket}/${key}`, content);
  }

  lose(key: string): void {
    rmSync(join(this.world, "s3/agent-bucket", key));
  }

  /** Runs a script as cloud-init does. @returns its exit status and all it wrote */
  boot(script: string): { status: number | null; signal: string | null; output: string } {
    this.write("script", script);
    const binds = { etc: "/etc", opt: "/opt", local: "/usr/local" };
    const mounts = Object.entries(binds).map(([from, to]) => `mount --bind ${this.world}/root/${from} ${to}`);
    const { status, signal, stdout, stderr } = spawnSync(
      "unshare",
      [
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        [...mounts, `exec bash ${this.world}/script 2>&1`].join(" && "),
      ],
      { encoding: "utf8", env: { WORLD: this.world, PATH: `${this.world}/bin:/usr/bin:/bin:/usr/sbin:/sbin` } },
    );
    return { status, signal, output: stdout + stderr };
  }

  /** What was called since the last time, without what only looks. */
  calls(): string[] {
    const calls = readFileSync(join(this.world, "calls"), "utf8").trim().split("\n");
    this.write("calls", "");
    return calls.filter((call) => call !== "" && !call.startsWith("rpm "));
  }

  files(): Record<string, string> {
    return tree(join(this.world, "root"));
  }

  remove(): void {
    rmSync(this.world, { recursive: true });
  }
}

const unshare = spawnSync("unshare", ["--user", "--map-root-user", "--mount", "true"], { encoding: "utf8" });
const describeWithNamespaces = (name: string, body: () => void): void => {
  if (unshare.status === 0 || process.env.REQUIRE_ROOT === "1") describe(name, body);
  else describe.skip(`${name} (skipped: no user and mount namespaces here: ${unshare.stderr || "no unshare"})`, body);
};

const STARTED = [
  "systemd-sysusers",
  "systemctl daemon-reload",
  "systemctl enable gwlb-agent.service",
  "systemctl restart gwlb-agent.service",
];

describeWithNamespaces("a boot script, executed", () => {
  let machine: Machine;
  beforeEach(() => {
    machine = new Machine();
  });
  afterEach(() => {
    machine.remove();
  });

  test("installs an appliance: packages, verified program, configuration, unit", () => {
    const { status, output } = machine.boot(SCRIPTS.hairpin);
    expect(output).toContain("done: gwlb-agent.service enabled and started");
    expect(status).toBe(0);
    expect(machine.calls()).toEqual([
      "dnf --assumeyes --quiet --setopt=install_weak_deps=False install nodejs24 awscli-2 tar libbpf",
      expect.stringMatching(
        `^aws s3api get-object --region eu-west-1 --bucket agent-bucket --key agent/${SHA256}.tar /opt/`,
      ),
      expect.stringMatching("^sync "),
      expect.stringMatching("^aws .* --key agent/eu-west-1a.json /opt/"),
      ...STARTED,
    ]);
    const files = machine.files();
    expect(files).toMatchObject({
      "etc/gwlb-agent/agent.json": '{ "version": 1 }',
      "etc/gwlb-agent/environment": "AWS_REGION=eu-west-1\nCONFIGURATION_S3=s3://agent-bucket/agent/eu-west-1a.json\n",
      "etc/systemd/system/gwlb-agent.service": expect.stringContaining(
        "ExecStart=/opt/gwlb-agent/current/bin/gwlb-agent run",
      ),
      [`opt/gwlb-agent/${SHA256}/bin/gwlb-agent`]: "#!/bin/sh\n",
      "opt/gwlb-agent/current": `-> ${SHA256}`,
      "local/bin/gwlb-agent": "-> /opt/gwlb-agent/current/bin/gwlb-agent",
    });
    expect(
      Object.keys(files).filter(
        (path) => /\.new$|\.boot\.|bastion|squid/.test(path) && !path.includes("/systemd/bastion/"),
      ),
    ).toEqual([]);
  });

  test("installs what routed mode needs besides", () => {
    expect(machine.boot(SCRIPTS.routed).status).toBe(0);
    expect(machine.calls()[0]).toMatch(/ install nodejs24 awscli-2 tar libbpf iptables-nft iproute-tc$/);
  });

  test("installs a bastion: Squid with its configuration, the bridge and its user, in that order", () => {
    const { status, output } = machine.boot(SCRIPTS.bastion);
    expect(output).toContain("done: gwlb-proxy-bridge.service squid.service");
    expect(status).toBe(0);
    const units = "gwlb-proxy-bridge.service squid.service gwlb-squid-lists.path gwlb-squid-lists.timer";
    expect(machine.calls().slice(-4)).toEqual([
      "systemd-sysusers",
      "systemctl daemon-reload",
      `systemctl enable ${units}`,
      `systemctl restart ${units}`,
    ]);
    expect(machine.files()).toMatchObject({
      "etc/gwlb-agent/bridge.json": '{ "version": 1 }',
      "etc/squid/squid.conf": SQUID_CONF,
      "etc/sysusers.d/gwlb-bridge.conf": expect.stringContaining("gwlb-bridge"),
      "etc/systemd/system/squid.service.d/gwlb-agent.conf": expect.stringContaining("Restart=always"),
      "local/libexec/gwlb-reload-squid": expect.stringContaining("systemctl reload squid.service"),
    });
  });

  test("tries dnf again", () => {
    machine.write("dnf-failures", "2\n");
    const { status, output } = machine.boot(SCRIPTS.hairpin);
    expect(status).toBe(0);
    expect(output).toContain("dnf install nodejs24 awscli-2 tar libbpf: attempt 2 of 6 failed");
    expect(
      machine
        .calls()
        .slice(0, 6)
        .map((call) => call.replace(/ --.*/, "")),
    ).toEqual(["dnf", "sleep 20", "dnf", "sleep 40", "dnf", "aws s3api get-object"]);
  });

  test("fails when dnf fails for good, and starts nothing", () => {
    machine.write("dnf-failures", "99\n");
    const { status, output } = machine.boot(SCRIPTS.hairpin);
    expect(status).toBe(1);
    expect(output).toContain(
      "gwlb-agent boot: FAILED: dnf install nodejs24 awscli-2 tar libbpf: gave up after 6 attempts; nothing started",
    );
    expect(machine.calls().filter((call) => !/^(dnf|sleep) /.test(call))).toEqual([]);
  });

  test("fails when the program is not in S3, and starts nothing", () => {
    machine.lose(`agent/${SHA256}.tar`);
    const { status, output } = machine.boot(SCRIPTS.hairpin);
    expect(status).toBe(1);
    expect(output).toContain(
      `FAILED: fetch s3://agent-bucket/agent/${SHA256}.tar: gave up after 6 attempts; nothing started`,
    );
    const calls = machine.calls();
    expect(calls.filter((call) => call.startsWith("sleep "))).toEqual(
      [20, 40, 60, 80, 100].map((s) => `sleep ${String(s)}`),
    );
    expect(calls.filter((call) => call.startsWith("systemctl"))).toEqual([]);
    expect(Object.keys(machine.files()).filter((path) => path.startsWith("opt/"))).toEqual([]);
  });

  test.each(["hairpin", "bastion"] as const)(
    "refuses a program with another SHA-256 (%s), and starts nothing",
    (role) => {
      const other = Buffer.concat([ARCHIVE, Buffer.alloc(1)]);
      machine.store("agent-bucket", `agent/${SHA256}.tar`, other);
      const { status, output } = machine.boot(SCRIPTS[role]);
      expect(status).toBe(1);
      const actual = createHash("sha256").update(other).digest("hex");
      expect(output).toContain(
        `FAILED: s3://agent-bucket/agent/${SHA256}.tar: SHA-256 is ${actual}, expected ${SHA256}; not installed, nothing started`,
      );
      expect(machine.calls().filter((call) => /^system/.test(call))).toEqual([]);
      expect(machine.files()).toEqual({});
    },
  );

  test("fails when the configuration is not in S3, and starts nothing", () => {
    machine.lose("agent/eu-west-1a.json");
    const { status, output } = machine.boot(SCRIPTS.hairpin);
    expect(status).toBe(1);
    expect(output).toContain("FAILED: fetch s3://agent-bucket/agent/eu-west-1a.json: gave up after 6 attempts");
    expect(machine.calls().filter((call) => /^system/.test(call))).toEqual([]);
  });

  test("says which command failed when one does that is not tried again", () => {
    machine.write("root/etc/systemd", "a file where a folder must be");
    const { status, output } = machine.boot(SCRIPTS.hairpin);
    expect(status).toBe(1);
    expect(output).toMatch(/gwlb-agent boot: FAILED: exit status 1 of: (mkdir|cp) /);
    expect(machine.calls().filter((call) => /^system/.test(call))).toEqual([]);
  });

  test("shows why a unit does not start", () => {
    machine.write("systemctl-restart-fails", "");
    const { status, output } = machine.boot(SCRIPTS.hairpin);
    expect(status).toBe(1);
    expect(output).toContain("FAILED: gwlb-agent.service: enabled, but not started; systemd goes on trying");
    expect(machine.calls().at(-1)).toBe("systemctl status --no-pager --full --lines=30 gwlb-agent.service");
  });

  test("does nothing twice: a second run fetches the configuration, not the program, and leaves the same files", () => {
    machine.boot(SCRIPTS.hairpin);
    const [calls, files] = [machine.calls(), machine.files()];
    expect(calls).toHaveLength(8);
    expect(machine.boot(SCRIPTS.hairpin).status).toBe(0);
    expect(machine.calls()).toEqual([expect.stringMatching("--key agent/eu-west-1a.json"), ...STARTED]);
    expect(machine.files()).toEqual(files);
  });

  test("completes what a power failure interrupted while the program was unpacked", () => {
    machine.write("power-failure", "");
    const interrupted = machine.boot(SCRIPTS.hairpin);
    expect(interrupted.status).not.toBe(0);
    expect(machine.calls().filter((call) => /^system/.test(call))).toEqual([]);
    const left = Object.keys(machine.files());
    expect(left.some((path) => path.startsWith("opt/gwlb-agent/.boot."))).toBe(true);
    expect(left.some((path) => path.startsWith(`opt/gwlb-agent/${SHA256}`))).toBe(false);

    expect(machine.boot(SCRIPTS.hairpin).status).toBe(0);
    expect(machine.calls().slice(-4)).toEqual(STARTED);
    expect(Object.keys(machine.files()).filter((path) => path.includes(".boot."))).toEqual([]);
  });
});

describe("a boot script", () => {
  test.each(Object.entries(SCRIPTS))("%s: shellcheck finds nothing", (_, script) => {
    const { stdout, status } = spawnSync("shellcheck", ["-"], { input: script, encoding: "utf8" });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  });

  test.each(Object.entries(SCRIPTS))("%s: fits into EC2's user data when compressed", (_, script) => {
    expect(gzipSync(script).length).toBeLessThan(USER_DATA_LIMIT_BYTES / 2);
  });

  test("quotes what the shell would interpret", () => {
    const squidConf = `it's "$HOME" $(false) \\ %s\n`;
    const script = bastionUserData({ ...APPLIANCE, squidConf });
    const [, line] = /(printf %s .*?) \| put '\/etc\/squid\/squid.conf'/s.exec(script) ?? [];
    expect(execFileSync("bash", ["-c", line ?? "false"], { encoding: "utf8" })).toBe(squidConf);
  });
});
