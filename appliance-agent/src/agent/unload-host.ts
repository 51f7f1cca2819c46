import { rmSync } from "node:fs";
import { endpointDevices } from "../datapath/endpoint-devices";
import { openPinnedDataPath } from "../datapath/open-pinned-data-path";
import { runHook } from "../host/hook";
import { hostFamilies } from "../host/host-families";
import { restoreIptables } from "../host/iptables";
import { readPolicyRouting } from "../host/policy-routing";
import { runProgram } from "../host/run-program";
import type { Family } from "../rules/cidr";
import { policyRoutingCommands } from "../rules/policy-routing";
import { agentFiles } from "./agent-files";
import { knownEndpoints } from "./endpoint-registry";
import { JsonFile } from "./json-file";
import { restoreSysctls, savedSysctls } from "./saved-sysctls";

/**
 * Removes everything that the agent made; what fails does not keep the rest from being removed, and it may be run again.
 *
 * @param told called with what has been done, a line each
 * @returns what could not be removed, and why
 */
export async function unloadHost(pins: string, run: string, told: (step: string) => void): Promise<string[]> {
  const problems: string[] = [];
  const attempt = async (done: string, step: () => unknown) => {
    try {
      await step();
      told(done);
    } catch (error) {
      problems.push(`unload: ${(error as Error).message}`);
    }
  };
  const endpoints = new JsonFile(agentFiles.endpoints(run), knownEndpoints, told);
  const sysctls = new JsonFile(agentFiles.savedSysctls(run), savedSysctls, told);
  for (const [endpoint, { destroyHook }] of Object.entries(endpoints.read()))
    if (destroyHook !== undefined)
      await attempt(`destroy hook for ${endpoint}`, () => runHook(destroyHook, "DESTROY", endpointDevices(endpoint)));
  await attempt("data path detached, devices and pins removed", () => unloadDataPath(pins));
  for (const family of hostFamilies()) {
    await attempt(`policy routes of ${family} removed`, () => removePolicyRouting(family));
    await attempt(`iptables chains of ${family} removed`, () => restoreIptables(family, new Map()));
  }
  await attempt("kernel parameters restored", () => {
    const failed = restoreSysctls(sysctls);
    if (failed.length) throw new Error(`kernel parameters not restored, got ${failed.join(", ")}; set them by hand`);
  });
  if (problems.length === 0) {
    for (const file of [agentFiles.endpoints, agentFiles.savedSysctls, agentFiles.status, agentFiles.configuration])
      rmSync(file(run), { force: true });
    await attempt(`${pins} removed`, () => rmSync(pins, { recursive: true, force: true }));
  }
  return problems;
}

function unloadDataPath(pins: string): void {
  const dataPath = openPinnedDataPath(pins);
  dataPath?.unload();
  dataPath?.close();
}

async function removePolicyRouting(family: Family): Promise<void> {
  const nothing = { rules: [], routes: [] };
  for (const argv of policyRoutingCommands(family, nothing, await readPolicyRouting(family)))
    await runProgram(["ip", ...argv]);
}
