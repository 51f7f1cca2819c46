/** Takes steps with the data path of eth0, each given as an argument after the directory of the pins; prints what they saw as JSON lines. */
import { join } from "node:path";
import type { DataPath } from "../../../appliance-agent/src/datapath/data-path";
import { openDataPath } from "../../../appliance-agent/src/datapath/open-data-path";
import { openPinnedDataPath } from "../../../appliance-agent/src/datapath/open-pinned-data-path";
import { compileRules } from "../../../appliance-agent/src/rules/compile-rules";

const [pinDirectory = "", ...steps] = process.argv.slice(2);
const ENDPOINT = "0123456789abcdef";
let opened: DataPath | undefined;

function open(what: string): DataPath {
  const [mode = "", maxFlows = "4096"] = what.split(":");
  return openDataPath({
    mode: mode === "routed" ? "routed" : "hairpin",
    hook: mode === "hairpin-xdp" ? "xdp" : "tc",
    underlayInterface: "eth0",
    objectDirectory: mode === "nowhere" ? "/nowhere" : join(__dirname, "../../../appliance-agent/ebpf"),
    pinDirectory,
    maxFlows: Number(maxFlows),
  });
}

const dataPath = (): DataPath => {
  if (!opened) throw new Error("life-cycle: nothing is open; begin with open= or read");
  return opened;
};

const STEPS: Readonly<Record<string, () => unknown>> = {
  read: () => void (opened = openPinnedDataPath(pinDirectory)),
  rules: () => {
    const rules = [{ name: "no-http", match: { protocol: "tcp", destinationPorts: [80] }, action: "drop" }] as const;
    dataPath().writeRules(
      compileRules(
        JSON.parse(JSON.stringify({ rules, defaultAction: "forward" })) as Parameters<typeof compileRules>[0],
      ),
    );
  },
  sources: () => dataPath().writeSources(["10.2.0.0/24"]),
  attach: () => dataPath().attach(),
  observe: () => dataPath().observe(),
  devices: () => void dataPath().makeDevices(ENDPOINT),
  admit: () => dataPath().admitEndpoint(ENDPOINT),
  "flow-table": () => dataPath().readFlowTable(),
  unload: () => dataPath().unload(),
};

for (const step of steps) {
  const [name = "", what = ""] = step.split("=");
  const seen = name === "open" ? void (opened = open(what)) : STEPS[name]?.();
  if (seen !== undefined)
    console.log(JSON.stringify(seen, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)));
}
if (!steps.some((step) => ["observe", "flow-table"].includes(step))) console.log("{}");
opened?.close();
