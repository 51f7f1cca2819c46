import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { receivingThread, type Appliance } from "./appliance";
import type { Contestant } from "./contestant";
import { CORES, NICENESS } from "./cores";
import { returnsPackets } from "./returns-packets";

/** It ends by a segmentation fault in some of its starts (version 3.0: from 1 in 20 to 7 in 12 under load). */
const STARTS = 8;

/**
 * Packets per second, of which the best load counts. As a service it returns most when it is offered a little less than it can
 * take; with all the priority there is when it is flooded, for it never sleeps then.
 */
const OFFERED = { service: [20_000, 25_000, 30_000, 35_000], raised: [60_000, 0] };

/** AWS's tunnel handler. */
export interface GwlbtunOptions {
  readonly name: string;
  /** Path of `gwlbtun`. */
  readonly program: string;
  /** Its own hook: `CREATE gwi-X gwo-X <endpoint>`. */
  readonly script: string;
  /** With the receiving thread's priority, as high as it can be had, instead of that of a service. @default false */
  readonly raised?: boolean;
}

/** See `GwlbtunOptions`. */
export function gwlbtunContestant({ name, program, script, raised = false }: GwlbtunOptions): Contestant {
  return {
    name: raised ? `${name}, priority raised` : name,
    hook: "tc",
    rules: 0,
    offered: raised ? OFFERED.raised : OFFERED.service,
    start: async (appliance) => {
      const pid = await startGwlbtun(appliance, program, script, raised);
      return { appliance, pids: () => [receivingThread(appliance), pid], process: pid };
    },
  };
}

/**
 * One thread for GENEVE and one for each device, on the data path's processor: more threads than processors would only take
 * turns.
 */
async function startGwlbtun(appliance: Appliance, program: string, script: string, raised: boolean): Promise<number> {
  const { namespaces } = appliance;
  const directory = join(namespaces.directory, appliance.appliance);
  mkdirSync(directory);
  const hook = join(directory, "create.sh");
  writeFileSync(hook, `#!/bin/sh\nset -eu\n${script}`, { mode: 0o755 });
  const core = String(CORES.dataPath);
  const command = [
    ...["ip", "netns", "exec", namespaces.nameOf(appliance.appliance)],
    /* A session of its own is scheduled as a service is: see ./priority.ts. */
    ...(raised ? ["nice", "-n", NICENESS] : ["setsid"]),
    ...["taskset", "-c", core, program],
    ...["-c", hook, "-p", "8080", "--udpaffinity", core, "--tunaffinity", core],
  ];
  for (let start = 1; ; start++) {
    const tunnel = namespaces.spawn(appliance.appliance, command, { stdio: "ignore" });
    try {
      await returnsPackets(appliance, () =>
        tunnel.exitCode === null && tunnel.signalCode === null
          ? undefined
          : `gwlbtun ended with ${tunnel.exitCode ?? tunnel.signalCode}`,
      );
      if (tunnel.pid !== undefined) return tunnel.pid;
    } catch (error) {
      if (start === STARTS || tunnel.signalCode !== "SIGSEGV") throw error;
    }
  }
}

/** What its example for pass-through does with the first two devices. */
export const GWLBTUN_PASS_THROUGH = `
tc qdisc add dev "$2" ingress
tc filter add dev "$2" parent ffff: protocol all prio 2 u32 match u32 0 0 flowid 1:1 action mirred egress mirror dev "$3"
`;

/** Routes between the devices, with the given iptables rules. @param restore input of `iptables-restore`, or "" */
export function gwlbtunRouted(restore: string): string {
  return `
echo 1 >/proc/sys/net/ipv4/ip_forward
for device in all "$2" "$3"; do echo 0 >"/proc/sys/net/ipv4/conf/$device/rp_filter"; done
ip route replace default dev "$3" table 100
ip rule delete iif "$2" lookup 100 2>/dev/null || true
ip rule add iif "$2" lookup 100
${restore === "" ? "" : `iptables-restore <<'RULES'\n${restore}RULES`}
`;
}
