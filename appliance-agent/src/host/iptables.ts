import type { Family } from "../rules/cidr";
import { iptablesRestoreInput, ownIptablesLines, type IptablesTables } from "../rules/iptables";
import { runProgram } from "./run-program";

const PROGRAM: Readonly<Record<Family, string>> = { ipv4: "iptables", ipv6: "ip6tables" };

/** Seconds for which another program may hold iptables' lock. */
const LOCK_SECONDS = "5";

/** What is ours now, as `ownIptablesLines` reads it; nothing where iptables is not installed. */
export async function readOwnIptables(family: Family): Promise<string[]> {
  return ownIptablesLines(await save(family));
}

/**
 * Makes our chains what `desired` says, each table in one step.
 *
 * @returns what is ours afterwards, in iptables' own words
 */
export async function restoreIptables(family: Family, desired: IptablesTables): Promise<string[]> {
  const input = iptablesRestoreInput(desired, await save(family));
  if (input !== "") await runProgram([`${PROGRAM[family]}-restore`, "--noflush", "--wait", LOCK_SECONDS], { input });
  return readOwnIptables(family);
}

async function save(family: Family): Promise<string> {
  try {
    return await runProgram([`${PROGRAM[family]}-save`]);
  } catch (error) {
    if (((error as Error).cause as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
