import type { Change } from "../control/change";
import type { DesiredState } from "../control/desired-state";
import type { SettledIptables } from "../control/reconcile";
import type { DataPath, EndpointDevices } from "../datapath/data-path";
import { runHook } from "../host/hook";
import { restoreIptables } from "../host/iptables";
import { runProgram } from "../host/run-program";
import type { Log } from "../log";
import type { Family } from "../rules/cidr";
import type { RuleTable } from "../rules/rule-table";
import type { EndpointRegistry } from "./endpoint-registry";
import type { HandedUpPackets } from "./handed-up-packets";
import type { JsonFile } from "./json-file";
import { setSysctl, type SavedSysctls } from "./saved-sysctls";

/** What a change needs besides itself. */
export interface ApplyContext {
  readonly dataPath: DataPath;
  readonly desired: DesiredState;
  readonly table: RuleTable;
  readonly log: Log;
  readonly savedSysctls: JsonFile<SavedSysctls>;
  readonly settledIptables: Map<Family, SettledIptables>;
  readonly registry: EndpointRegistry;
  readonly destroyHook: string | undefined;
  readonly handedUp: HandedUpPackets;
}

/** Makes one change. @throws Error when the kernel or a program refuses it */
export async function applyChange(change: Change, context: ApplyContext): Promise<void> {
  const { dataPath } = context;
  switch (change.kind) {
    case "write-sources":
      return dataPath.writeSources(change.cidrs);
    case "write-rules":
      return dataPath.writeRules(context.table);
    case "write-sysctl":
      return setSysctl(context.savedSysctls, change.name, change.value, change.was);
    case "restore-iptables":
      return restore(change.family, context);
    case "attach":
      return dataPath.attach();
    case "make-devices":
      dataPath.makeDevices(change.endpoint);
      return;
    case "ip":
      await runProgram(["ip", ...change.argv]);
      return;
    case "run-create-hook":
      return createHook(change, context);
    case "admit-endpoint":
      dataPath.admitEndpoint(change.endpoint, change.mark);
      return context.handedUp.release(change.endpoint, dataPath);
  }
}

async function restore(family: Family, { desired, settledIptables }: ApplyContext): Promise<void> {
  const wanted = desired.iptables[family];
  settledIptables.set(family, { desired: wanted, own: await restoreIptables(family, wanted) });
}

/** Runs an endpoint's destroy hook, where it has one. */
export async function destroyHook(registry: EndpointRegistry, devices: EndpointDevices, log: Log): Promise<void> {
  const program = registry.destroyHook(devices.endpoint);
  if (program === undefined) return;
  try {
    await runHook(program, "DESTROY", devices);
  } catch (error) {
    log.error({ program, endpoint: devices.endpoint, err: error }, "destroy hook failed");
  }
}

/** As under gwlbtun, a script that fails is told of and not run again: most cannot be run twice. */
async function createHook(
  { program, devices }: Extract<Change, { kind: "run-create-hook" }>,
  { registry, destroyHook, log }: ApplyContext,
): Promise<void> {
  const record = { createHook: program, ...(destroyHook === undefined ? {} : { destroyHook }) };
  try {
    const output = await runHook(program, "CREATE", devices);
    registry.recordHook(devices.endpoint, record);
    log.info({ program, endpoint: devices.endpoint, output: output.slice(0, 4096) }, "create hook done");
  } catch (error) {
    const hookFailure = (error as Error).message;
    registry.recordHook(devices.endpoint, { ...record, hookFailure });
    log.error({ program, endpoint: devices.endpoint, err: error }, "create hook failed");
  }
}
