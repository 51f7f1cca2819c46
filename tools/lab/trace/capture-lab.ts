import { ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Lab } from "../lab";
import { hostCommand } from "../lifecycle/host-command";
import { type NamespaceCapture, sightingsOf } from "./sighting";

/** Milliseconds for every tcpdump to begin, and to write what it has seen; machines may be busy. */
const TIMEOUT_MS = 60_000;

/** Bytes that are kept of a packet: the largest in a VPC. The more, the fewer fit into the kernel's ring. */
const SNAP_LENGTH = "9100";

/** KiB of every tcpdump's ring: 450 packets, about twenty times what a probe is. */
const RING_KIB = "4096";

/** Discard, RFC 863: what ends a capture goes there, on loopback. */
const MARKER_PORT = 9;

/** A tcpdump that runs. */
interface Running {
  readonly host: string;
  readonly file: string;
  readonly process: ChildProcess;
  readonly said: () => string;
}

/**
 * Captures every packet in every namespace of a lab while `body` runs, one file each: `<directory>/<host>.pcap`.
 *
 * @throws Error when tcpdump does not run
 */
export async function captureLab(
  lab: Lab,
  directory: string,
  body: () => Promise<void>,
): Promise<readonly NamespaceCapture[]> {
  mkdirSync(directory, { recursive: true });
  const running = lab.hosts.map((host) => start(lab, host, join(directory, `${host}.pcap`)));
  try {
    await until(running, "begin", ({ said }) => said().includes("listening on"));
    await body();
    const marker = `gwlb-lab ${String(process.hrtime.bigint())}`;
    await Promise.all(running.map(({ host }) => sendMarker(lab, host, marker)));
    await until(running, "write what it has seen", ({ file }) => readFileSync(file).includes(marker));
  } finally {
    await Promise.all(running.map(({ process }) => ended(process)));
  }
  for (const { host, said } of running) requireWhole(host, said());
  return Promise.all(
    running.map(async ({ host, file }) => ({
      host,
      pcap: readFileSync(file),
      interfaces: await interfacesOf(lab, host),
    })),
  );
}

/** Every packet in every namespace while `body` runs. */
export const seenWhile = async (lab: Lab, directory: string, body: () => Promise<void>) =>
  sightingsOf(await captureLab(lab, directory, body));

function start(lab: Lab, host: string, file: string): Running {
  const capture = ["tcpdump", "-i", "any", "-y", "LINUX_SLL2", "-n", "-Z", "root", "-U", "--immediate-mode"];
  const sizes = ["-s", SNAP_LENGTH, "-B", RING_KIB];
  const child = spawnIn(lab, host, [...capture, ...sizes, "--time-stamp-precision=nano", "-w", file]);
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  return { host, file, process: child, said: () => said };
}

/** In the namespace, but with this machine's files: a machine of the lab has its own. */
function spawnIn(lab: Lab, host: string, command: readonly string[]): ChildProcess {
  const { name, hosts } = lab;
  const [program, ...parameters] = hostCommand({ name, hosts, machines: {} }, host, command);
  return spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"] });
}

/** A capture is in the order of arrival: when the marker is in the file, everything before it is. */
async function sendMarker(lab: Lab, host: string, marker: string): Promise<void> {
  const child = spawnIn(lab, host, ["bash", "-c", `echo '${marker}' >/dev/udp/127.0.0.1/${MARKER_PORT}`]);
  await new Promise((resolve) => child.once("close", resolve));
}

async function until(running: readonly Running[], what: string, isDone: (one: Running) => boolean): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (const one of running) {
    while (!isDone(one)) {
      if (one.process.exitCode !== null || Date.now() > deadline) {
        const said = one.said().trim() || "nothing";
        throw new Error(`trace: tcpdump in ${one.host} must ${what}, got: ${said}; try it there by hand`);
      }
      await wait(20);
    }
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("close", () => {
      resolve();
    });
    child.kill("SIGINT");
  });
}

/** What tcpdump says at its end. @throws Error when the kernel had no room for a packet: the trace would show a gap */
function requireWhole(host: string, said: string): void {
  const lost = /(\d+) packets? dropped by kernel/.exec(said)?.[1] ?? "0";
  if (lost !== "0") {
    throw new Error(
      `trace: the capture in ${host} must be whole, got ${lost} lost packets; trace again when it is quieter`,
    );
  }
}

async function interfacesOf(lab: Lab, host: string): Promise<ReadonlyMap<number, string>> {
  const child = spawnIn(lab, host, ["ip", "-json", "link", "show"]);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => (text += part));
  await new Promise((resolve) => child.once("close", resolve));
  const links = JSON.parse(text) as { readonly ifindex: number; readonly ifname: string }[];
  return new Map(links.map(({ ifindex, ifname }) => [ifindex, ifname]));
}
