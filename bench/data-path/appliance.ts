import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Namespaces } from "../../tools/netns/namespaces";
import { compiledProgram } from "../../tools/end-to-end/compiled-program";
import { CORES, NICENESS, onCore } from "./cores";
import type { GeneratorOptions, Run, RunResult } from "./generator";
import { interruption } from "./interruption";
import { threadNamed } from "./processor-time";
import { APPLIANCE_ADDRESS, GWLB_ADDRESS } from "./traffic";

const ROOT = join(__dirname, "../..");
const OBJECT = join(__dirname, "generator.bpf.o");
const UNDERLAY_MTU = 1600; // native XDP on veth takes 3.5 KB, and nothing here is longer

/** The two namespaces of one appliance and the link between them; names are unique on the machine. */
export interface ApplianceLink {
  readonly gwlb: string;
  readonly appliance: string;
  /** The appliance's interface. */
  readonly device: string;
}

/** An appliance with a load balancer in front of it that sends what it is told. */
export interface Appliance extends ApplianceLink {
  readonly namespaces: Namespaces;
  /** Sends, and tells what came back. */
  send(run: Run): Promise<RunResult>;
}

/** Names of the n-th appliance; the device's is part of a thread's name, of which 15 characters can be seen. */
export function applianceLink(index: number): ApplianceLink {
  return {
    gwlb: `gwlb${index}`,
    appliance: `app${index}`,
    device: `b${(process.pid % 36 ** 3).toString(36)}n${index}`,
  };
}

/** What `withNamespaces` brings up for these appliances. */
export function namespacePlan(links: readonly ApplianceLink[]) {
  return {
    hosts: links.flatMap(({ gwlb, appliance }) => [gwlb, appliance]),
    links: links.map(
      ({ gwlb, appliance, device }) =>
        [
          { host: gwlb, name: "g0", addresses: [`${GWLB_ADDRESS}/24`], mtu: UNDERLAY_MTU },
          { host: appliance, name: device, addresses: [`${APPLIANCE_ADDRESS}/24`], mtu: UNDERLAY_MTU },
        ] as const,
    ),
  };
}

/**
 * Starts the load balancer's side, and gives the appliance's receiving interface a kernel thread on the data path's
 * processor: what arrives is received, decided and sent there and nowhere else.
 *
 * @param hook where the appliance sends from
 */
export async function openAppliance(
  namespaces: Namespaces,
  link: ApplianceLink,
  hook: GeneratorOptions["hook"],
): Promise<Appliance> {
  const { gwlb, appliance, device } = link;
  const { exec } = namespaces;
  const mac = (host: string, name: string) => exec(host, "cat", `/sys/class/net/${name}/address`).trim();
  exec(gwlb, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"); // it would send packets of its own
  exec(appliance, "ip", "neighbour", "replace", GWLB_ADDRESS, "lladdr", mac(gwlb, "g0"), "dev", device);
  exec(appliance, "ethtool", "-K", device, "gro", "on"); // veth polls (NAPI) only with GRO or XDP
  exec(appliance, "sh", "-c", `echo 1 >/sys/class/net/${device}/threaded`);
  const thread = String(receivingThread(link));
  execFileSync("taskset", ["-pc", String(CORES.dataPath), thread], { stdio: "ignore" });
  execFileSync("renice", ["-n", NICENESS, "-p", thread], { stdio: "ignore" });
  const options = {
    device: "g0",
    hook,
    applianceMac: mac(appliance, device),
    object: OBJECT,
    pinDirectory: join(namespaces.bpffs, gwlb),
  };
  const program = onCore(CORES.generator, compiledProgram("bench/data-path/generator-child.ts"));
  /* `ip netns exec` also shows the namespace's own /sys/class/net. */
  const command = ["ip", "netns", "exec", namespaces.nameOf(gwlb), ...program, JSON.stringify(options)];
  const child = namespaces.spawn(gwlb, command, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  await answer(child);
  return {
    ...link,
    namespaces,
    send: async (run) => {
      child.send(run);
      return (await answer(child)) as RunResult;
    },
  };
}

/** The kernel thread that receives on the appliance's interface. */
export function receivingThread({ device }: ApplianceLink): number {
  return threadNamed(`napi/${device}-`);
}

async function answer(child: ChildProcess): Promise<RunResult | undefined> {
  const done = new AbortController();
  const { signal } = done;
  const failures = [
    once(child, "exit", { signal }).then(([code]) => `generator: ended with ${String(code)}; see above`),
    once(interruption, "abort", { signal }).then(() => (interruption.reason as Error).message),
  ].map(async (failure) => {
    throw new Error(await failure);
  });
  for (const failure of failures) failure.catch(() => undefined); // waited for no more once there is an answer
  try {
    interruption.throwIfAborted();
    const message = once(child, "message", { signal }) as Promise<[{ result?: RunResult; error?: string }]>;
    const [{ result, error }] = await Promise.race([message, ...failures]);
    if (error !== undefined) throw new Error(error);
    return result;
  } finally {
    done.abort();
  }
}
