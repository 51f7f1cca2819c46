import type { DataPath } from "../datapath/data-path";
import type { DataPathNumbers } from "../health/agent-metrics";

/** Every counter of the data path. */
export function readNumbers(dataPath: DataPath): DataPathNumbers {
  return {
    packets: dataPath.readPacketCounters(),
    drops: dataPath.readDropCounters(),
    endpoints: dataPath.readEndpoints(),
    ruleHits: dataPath.readRuleHits(),
    ...(dataPath.options.mode === "routed" ? { flows: dataPath.readFlowTable() } : {}),
  };
}
