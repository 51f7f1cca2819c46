import { connectionTrackingNotices } from "../../../appliance-agent/src/control/connection-tracking";
import { desiredState } from "../../../appliance-agent/src/control/desired-state";
import { ObservedState, reconcile } from "../../../appliance-agent/src/control/reconcile";
import { AgentConfiguration } from "../../../appliance-agent/src/rules/agent-configuration";
import { squidBastion } from "../../../appliance-agent/src/rules/presets/squid-bastion";

const MAX = "net.netfilter.nf_conntrack_max";
const BUCKETS = "net.netfilter.nf_conntrack_buckets";
const preset = squidBastion({
  geneveSources: ["10.2.0.0/24"],
  clientCidrs: ["10.1.0.0/24"],
  bastionAddress: "10.2.0.20",
});
const million: AgentConfiguration = { ...preset, maxFlows: 1_000_000 };

const desired = (configuration: AgentConfiguration) =>
  desiredState(configuration, { id: "0123456789abcdef0123", names: [] } as never, "ens5", []);

function observed(sysctls: Readonly<Record<string, string | undefined>>, readOnly: string[] = []): ObservedState {
  return {
    attached: true,
    sources: preset.geneveSources,
    endpoints: new Map(),
    sysctls: new Map(Object.entries(sysctls)),
    readOnlySysctls: new Set(readOnly),
    iptables: { ipv4: { own: [] }, ipv6: { own: [] } },
    routing: { ipv4: { rules: [], routes: [] }, ipv6: { rules: [], routes: [] } },
    hooksRun: new Set(),
  };
}

const written = (configuration: AgentConfiguration, state: ObservedState) =>
  reconcile(desired(configuration), state).flatMap((change) =>
    change.kind === "write-sysctl" ? [`${change.name} ${change.value}`] : [],
  );

test("makes room for a connection for every flow and for the host's own, with a bucket for each direction, the buckets first", () => {
  expect(written(million, observed({ [MAX]: "262144", [BUCKETS]: "262144" }))).toEqual([
    `${BUCKETS} 2032768`,
    `${MAX} 1016384`,
  ]);
});

test.each<[string, AgentConfiguration, Record<string, string | undefined>, string[]]>([
  ["is rounded up by the kernel", million, { [MAX]: "1016384", [BUCKETS]: "2033152" }, []],
  ["is larger already", million, { [MAX]: "4000000", [BUCKETS]: "4194304" }, []],
  ["has no limit", million, { [MAX]: "0", [BUCKETS]: "2033152" }, []],
  ["was reset by something", million, { [MAX]: "262144", [BUCKETS]: "2033152" }, [`${MAX} 1016384`]],
  ["is not there, for no module is loaded yet", million, { [MAX]: undefined, [BUCKETS]: undefined }, []],
  ["fits a machine with less memory, as it comes", preset, { [MAX]: "131072" }, [`${MAX} 278528`]],
  [
    "is the configuration's own",
    { ...million, sysctls: { ...million.sysctls, [MAX]: "300000" } },
    { [MAX]: "4000000", [BUCKETS]: "2033152" },
    [`${MAX} 300000`],
  ],
  ["is not used", { ...million, iptables: { ipv4: [], ipv6: [] } }, { [MAX]: "10", [BUCKETS]: "10" }, []],
])("a table that %s", (_, configuration, sysctls, changes) => {
  expect(written(configuration, observed(sysctls))).toEqual(changes);
});

describe("in another network namespace than the first", () => {
  const elsewhere = (max: string, buckets: string) => observed({ [MAX]: max, [BUCKETS]: buckets }, [MAX, BUCKETS]);

  test("writes nothing, and says what is too small for the flows", () => {
    expect(written(million, elsewhere("262144", "131072"))).toEqual([]);
    expect(connectionTrackingNotices(million, elsewhere("262144", "131072"))).toEqual([
      "connection tracking has 131072 hash buckets, maxFlows is 1000000; " +
        "only the host's own network namespace can change it: set net.netfilter.nf_conntrack_buckets there",
      "connection tracking has room for 262144 connections, maxFlows is 1000000; " +
        "only the host's own network namespace can change it: set net.netfilter.nf_conntrack_max there",
    ]);
  });

  test.each([
    ["enough for the flows", elsewhere("1000000", "1000000")],
    ["no limit", elsewhere("0", "1000000")],
    ["no module", observed({ [MAX]: undefined, [BUCKETS]: undefined }, [MAX, BUCKETS])],
    ["a table that the agent is about to enlarge", observed({ [MAX]: "262144", [BUCKETS]: "262144" })],
  ])("says nothing of %s", (_, state) => {
    expect(connectionTrackingNotices(million, state)).toEqual([]);
  });
});
