import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { BridgeConfigurationInput } from "../../appliance-agent/src/proxy-bridge/bridge-configuration";
import { type Certificates, makeCertificates } from "./certificates";
import { eventually } from "./eventually";
import { enterPrivateNetwork } from "./private-network";
import { Squid } from "./squid";

/** A client whose requests the bridge takes. */
export const CLIENT = "10.1.0.10";
/** Another one. */
export const OTHER_CLIENT = "10.1.0.11";
/** The first client's address of IPv6. */
export const CLIENT_IPV6 = "fd00:1::10";
/** Outside the clients' CIDRs. */
export const STRANGER = "192.0.2.66";
/** Where the bridge listens. */
export const BASTION = "10.2.0.20";
/** The same for IPv6. */
export const BASTION_IPV6 = "fd00:2::20";
/** A web server that Squid may reach. */
export const ORIGIN = "203.0.113.10";
const INTERNAL = "10.2.0.99";

/** Names that Squid resolves; the last ones must never be reached. */
export const NAMES = {
  [ORIGIN]: ["web.example.test", "other.example.test", "denied.example.test", "sub.denied.example.test"],
  "203.0.113.11": ["closed.example.test"],
  [BASTION]: ["bastion.example.test"],
  [INTERNAL]: ["internal.example.test"],
  "169.254.169.254": ["metadata.example.test"],
  "127.0.0.1": ["loopback.example.test"],
  "64:ff9b::a02:63": ["nat64.example.test"],
  "64:ff9b:1::a02:63": ["local-nat64.example.test"],
  "::ffff:10.2.0.99": ["mapped.example.test"],
} as const;

const ADDRESSES = [
  ...[CLIENT, OTHER_CLIENT, STRANGER, BASTION, ORIGIN, INTERNAL, "203.0.113.11", "169.254.169.254"].map(
    (a) => `${a}/32`,
  ),
  ...[CLIENT_IPV6, BASTION_IPV6].map((address) => `${address}/128`),
];

/** The bridge's port for HTTP. */
export const HTTP_PORT = 3180;
/** The bridge's port for HTTPS. */
export const HTTPS_PORT = 3443;

/** The bridge as a process and a real Squid, in a network of their own. */
export class BridgeLab {
  readonly directory = mkdtempSync(join(tmpdir(), "bridge-"));
  readonly certificates: Certificates;
  readonly squid: Squid;
  private readonly leave = enterPrivateNetwork(ADDRESSES);
  private bridge: ChildProcess | undefined;
  private configuration: BridgeConfigurationInput = { version: 1, clientCidrs: ["10.1.0.0/24", "fd00:1::/64"] };

  constructor() {
    chmodSync(this.directory, 0o755);
    this.certificates = makeCertificates(this.directory, Object.values(NAMES).flat());
    const hosts = Object.entries(NAMES).map(([address, names]) => `${address} ${names.join(" ")}\n`);
    writeFileSync(join(this.directory, "hosts"), hosts.join(""));
    this.squid = new Squid(this.directory, {
      deniedDestinations: ["10.2.0.0/24", "10.1.0.0/24"],
      listDirectory: this.lists,
      hostsFile: join(this.directory, "hosts"),
      dnsNameservers: ["127.0.0.1"],
    });
    const reload = join(this.directory, "reload");
    writeFileSync(reload, `#!/bin/sh\nexec squid -k reconfigure -f ${this.squid.configurationFile}\n`);
    chmodSync(reload, 0o755);
  }

  /** Directory of Squid's list files. */
  get lists(): string {
    return join(this.directory, "squid");
  }

  /** Writes a configuration file, as whoever manages it would, by rename. */
  configure(change: Partial<BridgeConfigurationInput>): void {
    this.configuration = { ...this.configuration, ...change };
    this.write(JSON.stringify(this.configuration));
  }

  /** Writes whatever text as the configuration. */
  write(text: string): void {
    const file = join(this.directory, "bridge.json");
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }

  /** Starts the bridge, without Squid's reload where Squid does not run yet, and waits until it listens. */
  async startBridge(options: { readonly reloadsSquid: boolean }): Promise<ChildProcess> {
    const log = openSync(join(this.directory, "bridge.log"), "a");
    const root = resolve(__dirname, "../..");
    const flags = ["--config", join(this.directory, "bridge.json"), "--state-dir", this.directory];
    const reload = options.reloadsSquid ? ["--squid-reload", join(this.directory, "reload")] : [];
    const bridge = spawn(
      process.execPath,
      [
        "--import",
        "tsx",
        join(__dirname, "run-proxy-bridge.ts"),
        "proxy-bridge",
        ...flags,
        "--squid-lists",
        this.lists,
        ...reload,
      ],
      { cwd: root, stdio: ["ignore", log, log] },
    );
    this.bridge = bridge;
    await eventually(
      () => {
        if (bridge.exitCode !== null) throw new Error(`the bridge ended: ${this.log.join("\n")}`);
        return this.health("/livez").catch(() => 0);
      },
      (status) => status === 200,
      20_000,
    );
    return bridge;
  }

  /** Status of the bridge's health server. */
  async health(path: string): Promise<number> {
    return (await fetch(`http://127.0.0.1:8080${path}`)).status;
  }

  /** A number of `/metrics`; 0 when it has not been counted. */
  async metric(name: string, labels = ""): Promise<number> {
    const text = await (await fetch("http://127.0.0.1:8080/metrics")).text();
    const line = text.split("\n").find((candidate) => candidate.startsWith(`gwlb_agent_${name}${labels} `));
    return Number(line?.split(" ").at(-1) ?? 0);
  }

  /** Lines of the bridge's log. */
  get log(): string[] {
    return readFileSync(join(this.directory, "bridge.log"), "utf8").split("\n").filter(Boolean);
  }

  get pid(): number {
    return this.bridge?.pid ?? 0;
  }

  /** A client's connection to the bridge. */
  connect(port: number, from: string = CLIENT): Socket {
    const host = from.includes(":") ? BASTION_IPV6 : BASTION;
    return connect({ host, port, localAddress: from, allowHalfOpen: true });
  }

  /** Ends every process, goes back to the network it came from and removes every file. */
  async close(): Promise<void> {
    const { bridge } = this;
    if (bridge && bridge.exitCode === null && bridge.signalCode === null) {
      const gone = new Promise((exit) => bridge.once("exit", exit));
      bridge.kill("SIGKILL");
      await gone;
    }
    await this.squid.kill();
    this.leave();
    rmSync(this.directory, { recursive: true });
  }
}

/** Everything that comes on a connection until it ends; rejects when it is reset. */
export function received(socket: Socket): Promise<string> {
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("end", () => done(Buffer.concat(chunks).toString("latin1")));
    socket.once("error", fail);
  });
}
