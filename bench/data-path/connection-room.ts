import { connectionTableSysctls } from "../../appliance-agent/src/control/connection-tracking";
import { isAtLeast, sysctlToWrite } from "../../appliance-agent/src/control/desired-sysctl";
import { isReadOnlySysctl, readSysctl, writeSysctl } from "../../appliance-agent/src/host/sysctl";

/**
 * Gives connection tracking the room that agents give it, each on a host of its own; here they run in namespaces, from which
 * they cannot, and which have one hash table together. Afterwards it is as it was, whatever happens.
 *
 * @param flows that are tracked at the same time; 0: none are
 */
export async function withConnectionRoom<T>(flows: number, body: () => Promise<T>): Promise<T> {
  const before: [string, string][] = [];
  try {
    for (const [name, least] of flows === 0 ? [] : connectionTableSysctls(flows)) {
      const was = readSysctl(name);
      const value = was === undefined || isReadOnlySysctl(name) ? undefined : sysctlToWrite(least, was);
      if (was === undefined || value === undefined) continue;
      before.unshift([name, was]);
      writeSysctl(name, value);
    }
    return await body();
  } finally {
    for (const [name, was] of before) writeSysctl(name, was);
  }
}

/** Whether connection tracking has room for so many flows: a full table drops packets, which says nothing about the data path. */
export function hasConnectionRoom(flows: number): boolean {
  const most = readSysctl("net.netfilter.nf_conntrack_max");
  return most === undefined || isAtLeast(most, flows + 1);
}
