/**
 * How long does a new appliance take from its bundle to the first packet that it forwards, and what happens to the first
 * packets of an endpoint that it has never seen? Two tables.
 *
 * Between the unpacking of the bundle and the first packet that comes back nothing is left out: Node.js starts, the
 * configuration is read, programs are loaded and attached, in routed mode devices and routes are made. A packet is sent every
 * millisecond meanwhile.
 *
 * @example npx tsx bench/boot.ts [rounds]
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { withNamespaces } from "../tools/netns/namespaces";
import { ensureAgentBundle } from "../tools/build-agent/ensure-agent-bundle";
import { type Appliance, applianceLink, namespacePlan, openAppliance } from "./data-path/appliance";
import { median } from "./data-path/compare";
import {
  type ConfigurationOf,
  passThroughConfiguration,
  routedConfiguration,
  squidBastionConfiguration,
} from "./data-path/configurations";
import { listenForInterruption } from "./data-path/interruption";
import { launchAgent } from "./data-path/launch-agent";
import { machineLine } from "./data-path/machine";
import { markdownTable } from "./data-path/markdown-table";
import { withPriority } from "./data-path/priority";
import { wholeNumberArgument } from "../tools/setup/whole-number";

const ROUNDS = wholeNumberArgument("bench:boot ROUNDS", process.argv[2], 5);
const DEADLINE_SECONDS = 20;
const PACKETS_PER_SECOND = 1000;
const NEW_ENDPOINTS = 10;
/** Packets of a new endpoint, each of a flow of its own, for this long. */
const BURST_SECONDS = 0.3;
const BURSTS_PER_SECOND = [1000, 10_000, 50_000];

/** A configuration that an appliance is started with. */
interface Boot {
  readonly name: string;
  readonly hook: "tc" | "xdp";
  readonly configuration: ConfigurationOf;
}

const BOOTS: readonly Boot[] = [
  { name: "pass-through, tc", hook: "tc", configuration: passThroughConfiguration("tc") },
  { name: "pass-through, xdp", hook: "xdp", configuration: passThroughConfiguration("xdp") },
  { name: "routed", hook: "tc", configuration: routedConfiguration() },
  { name: "routed, squidBastion", hook: "tc", configuration: squidBastionConfiguration() },
];

/** Milliseconds, of one start. */
interface BootTimes {
  readonly unpacked: number;
  readonly forwarded: number;
}

async function bootOnce({ configuration, hook }: Boot): Promise<BootTimes> {
  const link = applianceLink(0);
  const bundle = ensureAgentBundle().path;
  return withNamespaces(namespacePlan([link]), async (namespaces) => {
    const appliance = await openAppliance(namespaces, link, hook);
    const sending = appliance.send({
      ...{ flows: 1, innerBytes: 64, packetsPerSecond: PACKETS_PER_SECOND },
      ...{ seconds: DEADLINE_SECONDS, untilReturned: true },
    });
    const begun = Number(process.hrtime.bigint());
    const program = unpack(bundle, join(namespaces.directory, "bundle"));
    const agent = await launchAgent(appliance, configuration(link.device), [program]);
    const { firstReturnedAt } = await sending;
    if (firstReturnedAt === 0) throw new Error(`boot: no packet came back, the agent says:\n${agent.log()}`);
    return { unpacked: (agent.startedAt - begun) / 1e6, forwarded: (firstReturnedAt - begun) / 1e6 };
  });
}

function unpack(bundle: string, directory: string): string {
  mkdirSync(directory);
  execFileSync("tar", ["-xf", bundle, "-C", directory]);
  return join(directory, "bin/gwlb-agent");
}

/** What became of one endpoint's first packets. */
interface FirstPackets {
  readonly sent: number;
  readonly lost: number;
  /** Milliseconds from the first packet's way in to its way out; undefined when it was lost. */
  readonly firstDelay: number | undefined;
}

async function newEndpoints({ configuration, hook }: Boot, packetsPerSecond: number): Promise<FirstPackets[]> {
  const link = applianceLink(0);
  return withNamespaces(namespacePlan([link]), async (namespaces) => {
    const appliance = await openAppliance(namespaces, link, hook);
    const program = unpack(ensureAgentBundle().path, join(namespaces.directory, "bundle"));
    const agent = await launchAgent(appliance, configuration(link.device), [program]);
    await appliance.send({
      ...{ flows: 1, innerBytes: 64, packetsPerSecond: PACKETS_PER_SECOND },
      ...{ seconds: DEADLINE_SECONDS, untilReturned: true },
    });
    const found: FirstPackets[] = [];
    for (let i = 1; i <= NEW_ENDPOINTS; i++) found.push(await firstPackets(appliance, i, packetsPerSecond));
    agent.process.kill("SIGINT");
    await once(agent.process, "exit");
    return found;
  });
}

async function firstPackets(appliance: Appliance, endpoint: number, packetsPerSecond: number): Promise<FirstPackets> {
  const packets = packetsPerSecond * BURST_SECONDS;
  const { everSent, everReturned, firstSentAt, firstReturnedAt } = await appliance.send({
    ...{ flows: packets, innerBytes: 64, endpoint: endpoint.toString(16).padStart(16, "a") },
    ...{ packetsPerSecond, mostPackets: packets, seconds: 5, drainSeconds: 1 },
  });
  return {
    sent: everSent,
    lost: everSent - everReturned,
    firstDelay: firstReturnedAt === 0 ? undefined : (firstReturnedAt - firstSentAt) / 1e6,
  };
}

async function main(): Promise<void> {
  listenForInterruption();
  ensureAgentBundle();
  const times = new Map(BOOTS.map((boot) => [boot, [] as BootTimes[]]));
  for (let round = 0; round < ROUNDS; round++) for (const [boot, found] of times) found.push(await bootOnce(boot));
  const boots = [...times].map(([{ name }, found]) => {
    const forwarded = found.map((one) => one.forwarded);
    const shown = [
      median(found.map((one) => one.unpacked)),
      median(forwarded),
      Math.min(...forwarded),
      Math.max(...forwarded),
    ];
    return [name, ...shown.map((milliseconds) => Math.round(milliseconds))];
  });
  const line = machineLine(["npx tsx bench/boot.ts", ...process.argv.slice(2)].join(" "));
  const header = ["mode", "unpacked, ms", "first packet forwarded, ms (median)", "fastest", "slowest"];
  console.log(`${line}\n\n${markdownTable(header, boots)}\n`);

  const firsts: (string | number)[][] = [];
  for (const boot of BOOTS.filter(({ hook }) => hook === "tc"))
    for (const rate of BURSTS_PER_SECOND) firsts.push([boot.name, rate, ...summary(await newEndpoints(boot, rate))]);
  const columns = [
    "endpoints",
    "packets",
    "lost",
    "first packets that came back",
    "their delay, ms (median)",
    "longest",
  ];
  console.log(markdownTable(["mode", ...columns], firsts));
}

function summary(found: readonly FirstPackets[]): (string | number)[] {
  const delays = found.flatMap(({ firstDelay }) => firstDelay ?? []);
  const sum = (member: "sent" | "lost") => found.reduce((total, one) => total + one[member], 0);
  const [typical, longest] = [median(delays), Math.max(...delays)];
  return [found.length, sum("sent"), sum("lost"), delays.length, typical.toFixed(1), longest.toFixed(1)];
}

void withPriority(main);
