import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A program or file of the distribution that a part of this repository runs. */
export interface SystemPackage {
  /** Name of a command on PATH, or an absolute path of a file. */
  readonly provides: string;
  /** Debian's package. */
  readonly apt: string;
  /** Amazon Linux's or Fedora's package; absent where neither has it. */
  readonly dnf?: string;
  /** What asks for it, in a few words. */
  readonly usedFor: string;
}

/** Everything that `npm test` runs beside Node, npm and Terraform. */
export const TEST_PACKAGES: readonly SystemPackage[] = [
  { provides: "ip", apt: "iproute2", dnf: "iproute", usedFor: "network namespaces" },
  { provides: "tc", apt: "iproute2", dnf: "iproute-tc", usedFor: "attaching eBPF programs" },
  { provides: "iptables", apt: "iptables", dnf: "iptables-nft", usedFor: "routed mode" },
  { provides: "nft", apt: "nftables", dnf: "nftables", usedFor: "packet counters in namespaces" },
  { provides: "ping", apt: "iputils-ping", dnf: "iputils", usedFor: "end-to-end tests" },
  { provides: "ethtool", apt: "ethtool", dnf: "ethtool", usedFor: "offloads of test interfaces" },
  { provides: "libbpf.so.1", apt: "libbpf1", dnf: "libbpf", usedFor: "loading eBPF objects" },
  { provides: "bpftool", apt: "bpftool", dnf: "bpftool", usedFor: "looking at eBPF objects" },
  { provides: "clang", apt: "clang", dnf: "clang", usedFor: "rebuilding the eBPF objects" },
  { provides: "llvm-strip", apt: "llvm", dnf: "llvm", usedFor: "rebuilding the eBPF objects" },
  {
    provides: "/usr/include/bpf/bpf_helpers.h",
    apt: "libbpf-dev",
    dnf: "libbpf-devel",
    usedFor: "rebuilding the eBPF objects",
  },
  { provides: "tcpdump", apt: "tcpdump", dnf: "tcpdump", usedFor: "captures" },
  { provides: "tshark", apt: "tshark", dnf: "wireshark-cli", usedFor: "dissecting packets independently" },
  {
    provides: "/usr/lib/python3/dist-packages/scapy/contrib/geneve.py",
    apt: "python3-scapy",
    usedFor: "building packets independently",
  },
  { provides: "squid", apt: "squid-openssl", dnf: "squid", usedFor: "the bastion's proxy" },
  { provides: "openssl", apt: "openssl", dnf: "openssl", usedFor: "test certificates" },
  { provides: "shellcheck", apt: "shellcheck", dnf: "ShellCheck", usedFor: "user data" },
  { provides: "/lib/systemd/systemd", apt: "systemd", dnf: "systemd", usedFor: "booting machines in namespaces" },
  { provides: "unshare", apt: "util-linux", dnf: "util-linux", usedFor: "booting machines in namespaces" },
  { provides: "curl", apt: "curl", dnf: "curl", usedFor: "end-to-end tests" },
  { provides: "python3", apt: "python3", dnf: "python3", usedFor: "building packets independently" },
  { provides: "cpio", apt: "cpio", dnf: "cpio", usedFor: "reading an initial RAM disk independently" },
  { provides: "ps", apt: "procps", dnf: "procps-ng", usedFor: "looking at processes" },
  { provides: "chromium", apt: "chromium", usedFor: "the HTML report" },
];

/** Everything that the lab runs beside Node, npm and Terraform. */
export const LAB_PACKAGES: readonly SystemPackage[] = [
  ...TEST_PACKAGES.filter(({ provides }) =>
    ["ip", "tc", "iptables", "nft", "ping", "ethtool", "libbpf.so.1", "tcpdump", "squid", "openssl"].includes(provides),
  ),
  { provides: "/lib/systemd/systemd", apt: "systemd", dnf: "systemd", usedFor: "the first process of every machine" },
  { provides: "dnsmasq", apt: "dnsmasq-base", dnf: "dnsmasq", usedFor: "the VPCs' resolvers" },
  { provides: "curl", apt: "curl", dnf: "curl", usedFor: "asking the lab's servers" },
  { provides: "nsenter", apt: "util-linux", dnf: "util-linux", usedFor: "entering namespaces" },
  { provides: "sysctl", apt: "procps", dnf: "procps-ng", usedFor: "kernel parameters of namespaces" },
  { provides: "hostname", apt: "hostname", dnf: "hostname", usedFor: "names of machines" },
  { provides: "/usr/bin/python3", apt: "python3", dnf: "python3", usedFor: "the clients' web server" },
];

const DIRECTORIES = [
  ...(process.env.PATH ?? "").split(":"),
  "/usr/sbin",
  "/sbin",
  "/usr/lib64",
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu",
];

/** Those of `packages` that this machine lacks. */
export function missingPackages(packages: readonly SystemPackage[]): SystemPackage[] {
  return packages.filter(({ provides }) =>
    provides.startsWith("/")
      ? !existsSync(provides)
      : !DIRECTORIES.some((directory) => isReadable(join(directory, provides))),
  );
}

/**
 * Installs what is missing with the distribution's package manager, after saying so.
 *
 * @returns what is still missing: everything, where this is not Linux, not root, or there is no apt or dnf
 */
export function installPackages(packages: readonly SystemPackage[], say: (line: string) => void): SystemPackage[] {
  const missing = missingPackages(packages);
  if (missing.length === 0 || process.platform !== "linux" || process.getuid?.() !== 0) return missing;
  const apt = existsSync("/usr/bin/apt-get");
  const names = [...new Set(missing.flatMap(({ apt: deb, dnf }) => (apt ? [deb] : dnf === undefined ? [] : [dnf])))];
  if (names.length === 0) return missing;
  say(`Installing from the distribution: ${names.join(" ")} ...`);
  if (apt) withoutStartingServices(() => runAll(aptCommands(names)));
  else runAll([["dnf", "install", "-y", "-q", ...names]]);
  return missingPackages(packages);
}

/** One line for each missing package: what it is for and how to install it. */
export function describeMissing(missing: readonly SystemPackage[]): string[] {
  return missing.map(
    ({ provides, apt, dnf, usedFor }) =>
      `${provides}: not found, needed for ${usedFor}; install Debian's '${apt}'${dnf === undefined ? "" : ` or Amazon Linux's '${dnf}'`}`,
  );
}

function aptCommands(names: readonly string[]): string[][] {
  return [
    ["apt-get", "-qq", "update"],
    ["apt-get", "-qq", "install", "-y", "--no-install-recommends", ...names],
  ];
}

function runAll(commands: readonly (readonly string[])[]): void {
  for (const [command, ...args] of commands) {
    spawnSync(command as string, args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  }
}

/** Debian starts a service as it installs it (Squid); the policy-rc.d of invoke-rc.d(8) forbids it meanwhile. */
function withoutStartingServices(install: () => void): void {
  const policy = "/usr/sbin/policy-rc.d";
  if (existsSync(policy)) {
    install();
    return;
  }
  writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    install();
  } finally {
    rmSync(policy, { force: true });
  }
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
