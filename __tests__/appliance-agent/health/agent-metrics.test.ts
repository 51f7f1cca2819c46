import { agentMetrics, AgentNumbers } from "../../../appliance-agent/src/health/agent-metrics";
import { formatMetrics } from "../../../appliance-agent/src/health/metric";
import { readiness } from "../../../appliance-agent/src/health/readiness";

const numbers: AgentNumbers = {
  version: "1.2.3",
  generation: 4,
  configurationRefused: true,
  configurationUnreadable: false,
  loadedAt: 1_500,
  hookFailures: 2,
  readiness: readiness([
    { name: "rules", ok: true, detail: "" },
    { name: "draining", ok: false, detail: "" },
  ]),
  dataPath: {
    packets: { passed: 1n, returned: 2n, decapsulated: 3n, handedUp: 4n, encapsulated: 5n },
    drops: { rule: 6n },
    endpoints: [{ endpoint: "0123456789abcdef", packets: 7n, bytes: 8n, idleMilliseconds: 1250 }],
    ruleHits: { rules: new Map([["drop-http", 9n]]), defaultAction: 10n },
    flows: { capacity: 100, live: 11, inserted: 12n, expired: 13n, evicted: 14n },
  },
};

test.each([
  'info{version="1.2.3"} 1',
  "ready 0",
  'condition{condition="draining"} 0',
  "configuration_generation 4",
  "configuration_refused 1",
  "configuration_unreadable 0",
  "configuration_loaded_timestamp_seconds 1.5",
  "hook_failures_total 2",
  'packets_total{fate="handed_up"} 4',
  'drops_total{reason="rule"} 6',
  'endpoint_packets_total{endpoint="0123456789abcdef"} 7',
  'endpoint_bytes_total{endpoint="0123456789abcdef"} 8',
  'endpoint_idle_seconds{endpoint="0123456789abcdef"} 1.25',
  'rule_hits_total{rule="drop-http"} 9',
  "default_action_hits_total 10",
  "flows 11",
  "flows_capacity 100",
  "flows_inserted_total 12",
  "flows_expired_total 13",
  "flows_evicted_total 14",
])("tells %s", (line) => {
  expect(formatMetrics(agentMetrics(numbers)).split("\n")).toContain(`gwlb_agent_${line}`);
});

test("every counter ends in _total and no gauge does", () => {
  for (const { name, type } of agentMetrics(numbers))
    expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
});

test("tells of the agent alone while no data path is loaded", () => {
  const { dataPath: _, ...rest } = numbers;
  const text = formatMetrics(agentMetrics(rest));
  expect(text).toContain("gwlb_agent_ready 0");
  expect(text).not.toContain("drops_total");
});
