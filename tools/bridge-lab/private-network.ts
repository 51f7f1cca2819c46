import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import koffi from "koffi";

/** linux/sched.h */
const CLONE_NEWNET = 0x40000000;

/**
 * Moves this thread, its sockets to come and its children to come into a network of their own, which vanishes with them.
 *
 * So tests can use real addresses and the real ports 80 and 443 in-process. Needs root.
 *
 * @param addresses of the loopback interface, the only one there is
 * @returns goes back to where it came from
 */
export function enterPrivateNetwork(addresses: readonly string[]): () => void {
  const libc = koffi.load("libc.so.6");
  const call = (name: string, result: number) => {
    if (result !== 0) throw new Error(`${name}: errno ${koffi.errno()}; run as root`);
  };
  const home = openSync("/proc/thread-self/ns/net", "r");
  call("unshare(CLONE_NEWNET)", libc.func("int unshare(int)")(CLONE_NEWNET));
  execFileSync("ip", ["link", "set", "lo", "up"]);
  for (const address of addresses) execFileSync("ip", ["address", "add", address, "dev", "lo"]);
  return () => {
    call("setns", libc.func("int setns(int, int)")(home, CLONE_NEWNET));
    closeSync(home);
  };
}
