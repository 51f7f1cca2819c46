import { agentConditions, AgentView } from "../../../appliance-agent/src/control/agent-conditions";
import { Change, describeChange } from "../../../appliance-agent/src/control/change";
import { readiness } from "../../../appliance-agent/src/health/readiness";

const fine: AgentView = {
  configuration: { mode: "routed", generation: 3, origin: "agent.json" },
  underlay: { name: "ens5", hook: "tc", mtu: 9001, merging: [] },
  remaining: [],
  failures: new Map(),
  absentSysctls: [],
  tcpChecks: [{ name: "tcp-check:bridge", ok: true, detail: "" }],
  draining: false,
};
const failing = (view: Partial<AgentView>) => {
  const conditions = agentConditions({ ...fine, ...view });
  return conditions.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
};
const attach: Change = { kind: "attach", interface: "ens5" };

test("is ready when nothing is left to do", () => {
  expect(readiness(agentConditions(fine)).ready).toBe(true);
  expect(agentConditions(fine).map(({ name }) => name)).toEqual([
    "configuration",
    "rules",
    "sysctls",
    "iptables",
    "data-path",
    "devices",
    "routing",
    "underlay-mtu",
    "underlay-gro",
    "tcp-check:bridge",
    "draining",
  ]);
});

test("hairpin mode has nothing to do with devices, routes and iptables", () => {
  const names = agentConditions({ ...fine, configuration: { mode: "hairpin", generation: 1, origin: "" } }).map(
    ({ name }) => name,
  );
  expect(names).toEqual([
    "configuration",
    "rules",
    "sysctls",
    "data-path",
    "underlay-mtu",
    "underlay-gro",
    "tcp-check:bridge",
    "draining",
  ]);
});

test.each<[string, Partial<AgentView>, string[]]>([
  [
    "no configuration",
    { configuration: undefined, obstacle: "s3://b/k: no answer" },
    ["configuration: s3://b/k: no answer"],
  ],
  [
    "an interface that packets do not fit through",
    { underlay: { name: "ens5", hook: "tc", mtu: 1500 } },
    [expect.stringMatching(/^underlay-mtu: .*got 1500; ip link set dev ens5 mtu 9001$/) as string],
  ],
  ["no look at the host yet", { configuration: undefined }, ["configuration: not loaded yet"]],
  ["a change that is left", { remaining: [attach] }, ["data-path: still to do: attach the data path to ens5"]],
  [
    "a change that failed",
    { remaining: [attach], failures: new Map([[describeChange(attach), "attach tc: EPERM"]]) },
    ["data-path: attach tc: EPERM"],
  ],
  [
    "a kernel parameter that does not exist",
    { absentSysctls: ["net.ipv4.nonsense"] },
    ["sysctls: net.ipv4.nonsense: no such kernel parameter; correct its name, or load the module that has it"],
  ],
  [
    "a check",
    { tcpChecks: [{ name: "tcp-check:bridge", ok: false, detail: "refused" }] },
    ["tcp-check:bridge: refused"],
  ],
  ["draining", { draining: true }, ["draining: the agent is about to stop"]],
])("is not ready because of %s", (_, view, expected) => {
  expect(failing(view)).toEqual(expected);
});

test("says nothing good of a host that it cannot look at", () => {
  expect(failing({ obstacle: "underlay: no default route" })).toEqual(
    ["rules", "sysctls", "iptables", "data-path", "devices", "routing"].map(
      (name) => `${name}: underlay: no default route`,
    ),
  );
});
