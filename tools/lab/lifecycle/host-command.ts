import { inNamespace } from "../fabric/build-fabric";
import { inControlGroup, makeControlGroup } from "../machine/control-group";
import { Machine } from "../machine/machine";
import { controlGroupOf, LabState } from "./lab-directory";

/**
 * Command line that runs another on a host of a lab, and ends with the lab: in the machine, or in the network namespace
 * where the host is no machine.
 *
 * @throws Error when the lab has no such host
 */
export function hostCommand(
  { name, hosts, machines }: Pick<LabState, "name" | "hosts" | "machines">,
  host: string,
  command: readonly string[],
): [string, ...string[]] {
  if (!hosts.includes(host)) {
    throw new Error(`lab: no host '${host}' in ${name}, got ${hosts.join(", ")}; name one of them`);
  }
  const pid = machines[host];
  const there = pid === undefined ? [...inNamespace(name, host), ...command] : new Machine(pid).inMachine(command);
  return inControlGroup(makeControlGroup(`${controlGroupOf(name)}/exec`), there);
}
