import { conditionOf, describeChange, Change } from "../../../appliance-agent/src/control/change";
import { desiredState, ServedEndpoint } from "../../../appliance-agent/src/control/desired-state";
import { ObservedState, reconcile } from "../../../appliance-agent/src/control/reconcile";
import { AgentConfiguration } from "../../../appliance-agent/src/rules/agent-configuration";
import { filter } from "../../../appliance-agent/src/rules/presets/filter";
import { squidBastion } from "../../../appliance-agent/src/rules/presets/squid-bastion";

const ENDPOINT = "0123456789abcdef";
const SERVED: ServedEndpoint = { endpoint: ENDPOINT, ingress: "gwi-x", egress: "gwo-x", slot: 1 };
const RULES = { id: "0123456789abcdef0123", names: [] } as never;

const hairpin = filter({ geneveSources: ["10.2.0.0/24"] });
const routed = squidBastion({
  geneveSources: ["10.2.0.0/24"],
  clientCidrs: ["10.1.0.0/24"],
  bastionAddress: "10.2.0.20",
});

const bare: ObservedState = {
  attached: false,
  sources: [],
  endpoints: new Map(),
  sysctls: new Map(),
  readOnlySysctls: new Set(),
  iptables: { ipv4: { own: [] }, ipv6: { own: [] } },
  routing: { ipv4: { rules: [], routes: [] }, ipv6: { rules: [], routes: [] } },
  hooksRun: new Set(),
};

const desired = (configuration: AgentConfiguration, endpoints: ServedEndpoint[] = []) =>
  desiredState(configuration, RULES, "ens5", endpoints);

/** A kernel that does what it is told, as far as `reconcile` looks at it. */
function settle(
  configuration: AgentConfiguration,
  endpoints: ServedEndpoint[],
  start: ObservedState = bare,
): ObservedState {
  const wanted = desired(configuration, endpoints);
  const iptables = (family: "ipv4" | "ipv6") => {
    const own = [...wanted.iptables[family].keys()];
    return { own, settled: { desired: wanted.iptables[family], own } };
  };
  return {
    ...start,
    attached: true,
    sources: wanted.sources,
    rulesId: wanted.rules.id,
    sysctls: new Map([...wanted.sysctls].map(([name, it]) => [name, typeof it === "string" ? it : String(it.atLeast)])),
    endpoints: new Map(
      wanted.endpoints.map(({ endpoint }) => [endpoint, { admittedWith: wanted.marksPackets ? 0x1_0000 : 0 }]),
    ),
    iptables: { ipv4: iptables("ipv4"), ipv6: iptables("ipv6") },
    routing: wanted.routing,
    hooksRun: new Set(wanted.createHook ? [ENDPOINT] : []),
  };
}

const kinds = (changes: readonly Change[]) => changes.map(({ kind }) => kind);

test("loads sources and rules before it attaches anything", () => {
  expect(kinds(reconcile(desired(hairpin), bare))).toEqual(["write-sources", "write-rules", "attach"]);
});

test.each([
  ["hairpin", hairpin, []],
  ["routed", routed, [SERVED]],
] as const)("has nothing to do once everything is as wanted: %s", (_, configuration, endpoints) => {
  expect(reconcile(desired(configuration, [...endpoints]), settle(configuration, [...endpoints]))).toEqual([]);
});

test("asks nothing of ip -6 and ip6tables where the kernel has no IPv6", () => {
  const wanted = desiredState(routed, RULES, "ens5", [SERVED], ["ipv4"]);
  expect(wanted.routing.ipv4.rules).not.toEqual([]);
  expect(wanted.routing.ipv6).toEqual({ rules: [], routes: [] });
  expect(wanted.iptables.ipv6.size).toBe(0);
  const families = reconcile(wanted, bare).map((change) => (change.kind === "ip" ? change.argv[0] : change.kind));
  expect(families).toContain("-4");
  expect(families).not.toContain("-6");
});

test("makes devices, routes them, runs the hook, and only then lets packets of the endpoint through", () => {
  const withHook: AgentConfiguration = { ...routed, hooks: { create: "/etc/gwlb/create.sh" } };
  const before = settle(withHook, []);
  expect(kinds(reconcile(desired(withHook, [SERVED]), before))).toEqual([
    "make-devices",
    "run-create-hook",
    "admit-endpoint",
  ]);
  const withoutHook = reconcile(desired(routed, [SERVED]), settle(routed, []));
  const order = kinds(withoutHook);
  expect(order.indexOf("ip")).toBeGreaterThan(order.indexOf("make-devices"));
  expect(order.indexOf("admit-endpoint")).toBe(order.lastIndexOf("ip") + 1);
});

test("packets carry the endpoint's mark where iptables asks for it, and none that a create hook does not know", () => {
  const marks = (configuration: AgentConfiguration) =>
    reconcile(desired(configuration, [SERVED]), bare).flatMap((it) => (it.kind === "admit-endpoint" ? it.mark : []));
  expect(marks(routed)).toEqual([0x1_0000]);
  expect(marks({ ...routed, iptables: { ipv4: [], ipv6: [] } })).toEqual([0]);
  expect(marks({ ...routed, hooks: { create: "/create.sh" } })).toEqual([0]);
});

test("the kernel looks for martians itself where no chain of the agent does", () => {
  const acceptLocal = (configuration: AgentConfiguration) =>
    desired(configuration, [SERVED]).sysctls.get("net.ipv4.conf.gwi-x.accept_local");
  expect(acceptLocal(routed)).toBe("1");
  expect(acceptLocal({ ...routed, iptables: { ipv4: [], ipv6: routed.iptables.ipv6 } })).toBe("0");
});

test("leaves routing to the create hook where there is one, as under gwlbtun", () => {
  const withHook: AgentConfiguration = { ...routed, hooks: { create: "/create.sh" } };
  expect(desired(withHook, [SERVED]).routing.ipv4).toEqual({ rules: [], routes: [] });
  expect(desired(routed, [SERVED]).routing.ipv4.rules).not.toEqual([]);
});

test("forgets silent connections when their flows are forgotten, where connections are tracked", () => {
  const established = (configuration: AgentConfiguration) =>
    desired(configuration, [SERVED]).sysctls.get("net.netfilter.nf_conntrack_tcp_timeout_established");
  expect(established(routed)).toBe("360");
  expect(established({ ...routed, flowIdleSeconds: 610 })).toBe("610");
  const own = { ...routed.sysctls, "net.netfilter.nf_conntrack_tcp_timeout_established": "99" };
  expect(established({ ...routed, sysctls: own })).toBe("99");
  expect(established({ ...routed, iptables: { ipv4: [], ipv6: [] } })).toBeUndefined();
  expect(established(hairpin)).toBeUndefined();
});

test("restores our chains when the configuration asks for others, though nobody has touched them", () => {
  const other = { ...routed, iptables: { ...routed.iptables, ipv4: ["*filter", ":GWLB-FORWARD - [0:0]", "COMMIT"] } };
  expect(reconcile(desired(other, [SERVED]), settle(routed, [SERVED]))).toEqual([
    { kind: "restore-iptables", family: "ipv4" },
  ]);
});

test("sets a kernel parameter back that something has changed, and ignores one that does not exist", () => {
  const settled = settle(routed, [SERVED]);
  const sysctls = new Map<string, string | undefined>(settled.sysctls)
    .set("net.ipv4.conf.gwi-x.rp_filter", "2")
    .set("net.ipv6.conf.all.forwarding", undefined);
  expect(reconcile(desired(routed, [SERVED]), { ...settled, sysctls })).toEqual([
    { kind: "write-sysctl", name: "net.ipv4.conf.gwi-x.rp_filter", value: "0", was: "2" },
  ]);
});

test.each<[string, (settled: ObservedState) => Partial<ObservedState>, string[]]>([
  ["another rule list", () => ({ rulesId: "other" }), ["write-rules"]],
  ["a source too many", ({ sources }) => ({ sources: [...sources, "10.9.0.0/16"] }), ["write-sources"]],
  ["sources in another order", ({ sources }) => ({ sources: [...sources].reverse() }), []],
  ["a detached program", () => ({ attached: false }), ["attach"]],
  [
    "chains that somebody changed",
    ({ iptables }) => ({ iptables: { ...iptables, ipv4: { ...iptables.ipv4, own: ["-A GWLB-FORWARD -j ACCEPT"] } } }),
    ["restore-iptables"],
  ],
  [
    "a policy rule that somebody removed",
    ({ routing }) => ({ routing: { ...routing, ipv4: { ...routing.ipv4, rules: routing.ipv4.rules.slice(1) } } }),
    ["ip"],
  ],
  ["a device that is gone", () => ({ endpoints: new Map() }), ["make-devices", "admit-endpoint"]],
  [
    "an endpoint that is not let through",
    () => ({ endpoints: new Map([[ENDPOINT, { admittedWith: undefined }]]) }),
    ["admit-endpoint"],
  ],
  [
    "an endpoint whose packets have another mark",
    () => ({ endpoints: new Map([[ENDPOINT, { admittedWith: 0x2_0000 }]]) }),
    ["admit-endpoint"],
  ],
])("repairs %s and nothing else", (_, damage, expected) => {
  const settled = settle(routed, [SERVED]);
  expect(kinds(reconcile(desired(routed, [SERVED]), { ...settled, ...damage(settled) }))).toEqual(expected);
});

test("removes our chains and routes when the mode no longer needs them", () => {
  const changes = reconcile(desired(hairpin), settle(routed, [SERVED]));
  expect(new Set(kinds(changes))).toEqual(new Set(["restore-iptables", "ip"]));
  expect(
    changes
      .filter(({ kind }) => kind === "ip")
      .map((change) => describeChange(change))
      .every((text) => / (rule|route) del /.test(text)),
  ).toBe(true);
});

test("runs the create hook again for a device that is made anew", () => {
  const withHook: AgentConfiguration = { ...routed, hooks: { create: "/create.sh" } };
  const settled = settle(withHook, [SERVED]);
  expect(kinds(reconcile(desired(withHook, [SERVED]), { ...settled, endpoints: new Map() }))).toEqual([
    "make-devices",
    "run-create-hook",
    "admit-endpoint",
  ]);
});

test("the same state gives the same changes", () => {
  expect(reconcile(desired(routed, [SERVED]), bare)).toEqual(reconcile(desired(routed, [SERVED]), bare));
});

test("describes every change in words, and names the condition that it restores", () => {
  const withHook: AgentConfiguration = { ...routed, hooks: { create: "/create.sh" } };
  const sysctls = new Map([["net.ipv4.ip_forward", "0"]]);
  const texts = [
    ...reconcile(desired(withHook, [SERVED]), { ...bare, sysctls }),
    ...reconcile(desired(routed, [SERVED]), bare),
  ].map((change) => `${conditionOf(change)}: ${describeChange(change)}`);
  expect(texts).toEqual(
    expect.arrayContaining([
      "rules: accept GENEVE from 10.2.0.0/24",
      "rules: load 2 rules (0123456789ab)",
      "sysctls: set net.ipv4.ip_forward to 1, was 0",
      "iptables: restore the GWLB- chains of ipv4",
      `devices: make the devices of endpoint ${ENDPOINT}`,
      "devices: run /create.sh CREATE gwi-x gwo-x 0123456789abcdef",
      `devices: let packets of endpoint ${ENDPOINT} through`,
      "data-path: attach the data path to ens5",
      "routing: ip -4 rule add pref 110 to 10.2.0.20/32 lookup main protocol 81",
    ]),
  );
});
