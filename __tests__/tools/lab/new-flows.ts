import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import type { Lab } from "../../../tools/lab/lab";
import { compiledProgram } from "../../../tools/end-to-end/compiled-program";

/** Nobody's address, in RFC 5737's TEST-NET-2: what comes back from the endpoint for it is counted and dropped. */
const NOBODY = "198.51.100.250";

/** What came of many new flows. */
export interface NewFlows {
  /** One packet each. */
  readonly offered: number;
  readonly offeredPerSecond: number;
  readonly seconds: number;
  /** Packets of all flows that came to network interfaces of appliances. */
  readonly atAppliances: number;
  /** Of `offered`, those that the endpoint gave back to the VPC's router. */
  readonly returned: number;
  /** `nf_conntrack` of the appliances, which only routed mode uses: entries, and entries that made room for new ones. */
  readonly connectionTracking: { readonly entries: number; readonly earlyDrops: number; readonly drops: number };
}

/**
 * Sends UDP packets, each of a new flow of the client, to the endpoint as the VPC's router does, and counts those that come back from it.
 *
 * Not from the client's own namespace: its network interface's bridge, the router and the internet gateway take more processor time
 * for a packet than the load balancer and an appliance together, and an instance at AWS would not share a machine with them.
 */
export async function offerNewFlows(lab: Lab, flowsPerSecond: number, seconds: number): Promise<NewFlows> {
  const { endpoints, instances, nodes } = lab.plan.wiring;
  const [endpoint, client] = [endpoints[0], instances.find(({ role }) => role === "client")];
  if (!endpoint || !client) throw new Error("the plan has no endpoint or no client");
  const appliances = instances.filter(({ role }) => role === "appliance").map(({ host }) => host);
  const router = endpoint.vpc.host;
  const inNamespace = (host: string, ...command: string[]): string =>
    execFileSync("nsenter", [`--net=${lab.namespaceFile(host)}`, "--", ...command], { encoding: "utf8" });
  // Otherwise one processor does everything, from the sender to the packet's return: the load balancer gets those that the sender has not,
  // what is behind it gets all.
  const all = (1 << cpus().length) - 1;
  steer(lab.namespaceFile("gwlb"), endpoint.interface, all === 1 ? 1 : all & ~1);
  for (const node of nodes) steer(lab.namespaceFile(node.vpc.host), node.routerInterface, all);
  const chain = `type filter hook ingress device ${endpoint.routerInterface} priority 0`;
  inNamespace(router, "nft", "add table netdev nobody");
  inNamespace(router, "nft", `add chain netdev nobody returned { ${chain}; }`);
  inNamespace(router, "nft", `add rule netdev nobody returned ip daddr ${NOBODY} counter drop`);
  const received = (): number => sum(appliances.map((host) => packetsReceived(inNamespace(host, ...LINK_STATISTICS))));
  const tracking = () =>
    appliances.map((host) => connectionTracking(inNamespace(host, "cat", "/proc/net/stat/nf_conntrack")));
  const [receivedBefore, trackingBefore] = [received(), tracking()];
  try {
    const said = await run([
      ...["nsenter", `--net=${lab.namespaceFile(router)}`, "--", "taskset", "1"],
      ...compiledProgram("__tests__/tools/lab/new-flows-child.ts"),
      ...[endpoint.routerInterface, endpoint.routerMac, endpoint.mac, client.addresses[0] ?? "", NOBODY],
      ...[String(flowsPerSecond), String(seconds)],
    ]);
    const { flows, ...times } = JSON.parse(said) as { flows: number; seconds: number; flowsPerSecond: number };
    const counted = /counter packets (\d+)/.exec(inNamespace(router, "nft", "list", "table", "netdev", "nobody"));
    const change = (name: "earlyDrops" | "drops"): number =>
      sum(tracking().map((one) => one[name])) - sum(trackingBefore.map((one) => one[name]));
    return {
      ...{ offered: flows, offeredPerSecond: times.flowsPerSecond, seconds: times.seconds },
      atAppliances: received() - receivedBefore,
      returned: Number(counted?.[1]),
      connectionTracking: {
        entries: sum(tracking().map(({ entries }) => entries)),
        ...{ earlyDrops: change("earlyDrops"), drops: change("drops") },
      },
    };
  } finally {
    inNamespace(router, "nft", "delete", "table", "netdev", "nobody");
  }
}

/**
 * Has packets that an interface receives handled by other processors.
 *
 * @param mask of processors
 * @see https://docs.kernel.org/networking/scaling.html#rps-receive-packet-steering
 */
function steer(namespaceFile: string, name: string, mask: number): void {
  const set = `mount -t sysfs sysfs /sys; echo ${mask.toString(16)} >/sys/class/net/${name}/queues/rx-0/rps_cpus`;
  execFileSync("nsenter", [`--net=${namespaceFile}`, "--", "unshare", "--mount", "sh", "-ec", set]);
}

const LINK_STATISTICS = ["ip", "-stats", "-json", "link", "show", "dev", "ens5"];

function packetsReceived(statistics: string): number {
  const [link] = JSON.parse(statistics) as { stats64: { rx: { packets: number } } }[];
  return link?.stats64.rx.packets ?? 0;
}

/** One line for each processor, hexadecimal; the entries are the same in each. */
function connectionTracking(text: string): NewFlows["connectionTracking"] {
  const [head = "", ...lines] = text.trim().split("\n");
  const names = head.trim().split(/\s+/);
  const column = (name: string): number[] =>
    lines.map((line) => parseInt(line.trim().split(/\s+/)[names.indexOf(name)] ?? "0", 16));
  return { entries: column("entries")[0] ?? 0, earlyDrops: sum(column("early_drop")), drops: sum(column("drop")) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

async function run([program = "", ...parameters]: readonly string[]): Promise<string> {
  const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [status] = (await once(child, "close")) as [number | null];
  if (status !== 0) throw new Error(`${program} ${parameters.join(" ")}: failed, got exit status ${String(status)}`);
  return said;
}
