import { once } from "node:events";
import { join } from "node:path";
import { compiledProgram } from "../../../tools/end-to-end/compiled-program";
import type { LoadResult } from "./load-child";
import { ENDPOINT, type Path } from "../../../tools/end-to-end/path";

/** A load that runs until it is stopped. */
export interface Load {
  /** What came of the packets so far; those on their way count as not returned. */
  progress(): Promise<LoadResult>;
  /** Stops sending, waits for what is on its way, and tells what came of the packets. */
  stop(): Promise<LoadResult>;
}

/**
 * Sends packets of 512 flows at a steady rate from the load balancer's side, and judges every byte that comes back.
 *
 * @param mode of the appliance: routed packets come back with a TTL one less
 */
export async function startLoad(path: Path, mode: "hairpin" | "routed", packetsPerSecond: number): Promise<Load> {
  /* The host's own stack has nothing to say about these packets, and would answer each with an ICMP error. */
  path.exec("gwlb", "iptables", "-t", "raw", "-A", "PREROUTING", "-p", "udp", "--dport", "6081", "-j", "DROP");
  const mac = (host: string, device: string) => path.exec(host, "cat", `/sys/class/net/${device}/address`).trim();
  const argv = ["g0", mac("gwlb", "g0"), mac("appliance", "a0"), ENDPOINT, String(packetsPerSecond)];
  const child = path.spawn(
    "gwlb",
    [
      /* What is measured is the agent, not how many other programs want the processor. */
      ...["nice", "-n", "-10"],
      ...compiledProgram("__tests__/appliance-agent/e2e/load-child.ts"),
      ...argv,
      ...(mode === "routed" ? ["routed"] : []),
    ],
    { stdio: ["ignore", "inherit", "inherit", "ipc"], cwd: join(__dirname, "../../..") },
  );
  await once(child, "message");
  const ask = async (request: "stop" | "progress") => {
    child.send(request);
    return ((await once(child, "message")) as [LoadResult])[0];
  };
  return { progress: () => ask("progress"), stop: () => ask("stop") };
}
