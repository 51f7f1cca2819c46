import { formatMetrics } from "../../../appliance-agent/src/health/metric";

test("writes one HELP and TYPE for each name, then its samples", () => {
  expect(
    formatMetrics([
      {
        name: "drops_total",
        type: "counter",
        help: "Packets dropped.",
        samples: [
          { labels: { reason: "rule" }, value: 18446744073709551615n },
          { labels: { reason: "no_flow", endpoint: "e" }, value: 0n },
        ],
      },
      { name: "ready", type: "gauge", help: "Ready.", samples: [{ value: 1 }] },
    ]),
  ).toBe(
    [
      "# HELP gwlb_agent_drops_total Packets dropped.",
      "# TYPE gwlb_agent_drops_total counter",
      'gwlb_agent_drops_total{reason="rule"} 18446744073709551615',
      'gwlb_agent_drops_total{reason="no_flow",endpoint="e"} 0',
      "# HELP gwlb_agent_ready Ready.",
      "# TYPE gwlb_agent_ready gauge",
      "gwlb_agent_ready 1",
      "",
    ].join("\n"),
  );
});

test("escapes what would end a label or a line", () => {
  const text = formatMetrics([
    { name: "a", type: "gauge", help: "one\ntwo \\", samples: [{ labels: { b: 'x"y\\z\n' }, value: 1 }] },
  ]);
  expect(text).toContain("# HELP gwlb_agent_a one\\ntwo \\\\\n");
  expect(text).toContain('gwlb_agent_a{b="x\\"y\\\\z\\n"} 1\n');
});

test("leaves a metric without samples out", () => {
  expect(formatMetrics([{ name: "a", type: "gauge", help: "A.", samples: [] }])).toBe("");
});
