/** Takes steps with the data path of eth0, each given as an argument after the directory of the pins; prints what they saw as JSON lines. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { loadProgram } from "../../../appliance-agent/src/datapath/bpf-object";
import type { DataPath } from "../../../appliance-agent/src/datapath/data-path";
import { requireInterface } from "../../../appliance-agent/src/datapath/interface";
import { openDataPath } from "../../../appliance-agent/src/datapath/open-data-path";
import { openPinnedDataPath } from "../../../appliance-agent/src/datapath/open-pinned-data-path";
import { attachToTrafficControl } from "../../../appliance-agent/src/datapath/traffic-control";
import { compileRules } from "../../../appliance-agent/src/rules/compile-rules";
import { tcxPrograms } from "../../support/tcx-programs";

const [pinDirectory = "", ...steps] = process.argv.slice(2);
const ENDPOINT = "0123456789abcdef";
const OBJECTS = join(process.cwd(), "appliance-agent/ebpf");
let opened: DataPath | undefined;

function open(what: string): DataPath {
  const [mode = "", maxFlows = "4096"] = what.split(":");
  return openDataPath({
    mode: mode === "routed" ? "routed" : "hairpin",
    hook: mode === "hairpin-xdp" ? "xdp" : "tc",
    underlayInterface: "eth0",
    objectDirectory: mode === "nowhere" ? "/nowhere" : OBJECTS,
    pinDirectory,
    maxFlows: Number(maxFlows),
  });
}

/** Somebody else's program on eth0. */
function attachAnother(name: string): void {
  const path = join(OBJECTS, "hairpin.bpf.o");
  const { fd } = loadProgram({ path, program: "hairpin", mapDirectory: `${pinDirectory}-${name}` });
  const { index } = requireInterface("eth0");
  attachToTrafficControl({ interface: index, direction: "ingress", pin: `${pinDirectory}-${name}/link` }, fd);
}

const dataPath = (): DataPath => {
  if (!opened) throw new Error("life-cycle: nothing is open; begin with open= or read");
  return opened;
};

/** What is attached to an interface, `eth0` or `gwo-X:egress`. */
function attachedTo(what: string) {
  const [name = "", direction = "ingress"] = what.split(":");
  const qdiscs = execFileSync("tc", ["qdisc", "show", "dev", name], { encoding: "utf8" });
  const tcx = tcxPrograms(requireInterface(name).index, direction as "ingress" | "egress");
  return { ...(tcx ? { tcx } : {}), clsact: qdiscs.includes("clsact") };
}

const STEPS: Readonly<Record<string, (what: string) => unknown>> = {
  open: (what) => void (opened = open(what)),
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
  another: attachAnother,
  observe: () => dataPath().observe(),
  attached: attachedTo,
  devices: () => void dataPath().makeDevices(ENDPOINT),
  admit: () => dataPath().admitEndpoint(ENDPOINT, 0x1_0000),
  remove: () => dataPath().removeEndpoint(ENDPOINT),
  "flow-table": () => dataPath().readFlowTable(),
  unload: () => dataPath().unload(),
};

for (const step of steps) {
  const [name = "", what = ""] = step.split("=");
  const take = STEPS[name];
  if (!take) throw new Error(`life-cycle: no such step, got ${name}; there are ${Object.keys(STEPS).join(", ")}`);
  const seen = take(what);
  if (seen !== undefined)
    console.log(JSON.stringify(seen, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)));
}
opened?.close();
