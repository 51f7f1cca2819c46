import { explain } from "../../../appliance-agent/src/rules/explain";
import { fiveTupleFacts } from "../../../appliance-agent/src/rules/five-tuple";
import { Rule } from "../../../appliance-agent/src/rules/rule";

const rules: Rule[] = [
  { name: "v6", match: { source: ["fd00::/8"] }, action: "drop" },
  { name: "dns", match: { protocol: "udp", destinationPorts: [53] }, action: "forward" },
  { name: "web", match: { protocol: "tcp", destinationPorts: [80, [8000, 8080]] }, action: "drop" },
  { name: "lan", match: { source: ["10.2.0.0/16", "10.3.0.0/16"] }, action: "drop" },
  { name: "endpoint", match: { endpoint: "0000000000000001" }, action: "drop" },
  { name: "ping", match: { protocol: "icmp", icmpType: 8 }, action: "drop" },
];
const packet = fiveTupleFacts({
  protocol: "tcp",
  source: "10.1.0.5",
  sourcePort: 40000,
  destination: "198.51.100.7",
  destinationPort: 443,
  endpoint: "00000000000000ab",
});

test("says why every rule was passed over", () => {
  expect(explain(rules, "forward", packet)).toEqual({
    action: "forward",
    passedOver: [
      { rule: "v6", because: "family: ipv4 is not that of its addresses or protocol" },
      { rule: "dns", because: "protocol: 6 is not udp" },
      { rule: "web", because: "destinationPorts: 443 is not one of 80, 8000-8080" },
      { rule: "lan", because: "source: 10.1.0.5 is not one of 10.2.0.0/16, 10.3.0.0/16" },
      { rule: "endpoint", because: "endpoint: 00000000000000ab is not 0000000000000001" },
      { rule: "ping", because: "protocol: 6 is not icmp" },
    ],
  });
});

test("names the rule that decides, and no later one", () => {
  const explanation = explain(rules, "forward", { ...packet, destinationPort: 8080 });
  expect(explanation).toMatchObject({ action: "drop", decidedBy: "web" });
  expect(explanation.passedOver.map(({ rule }) => rule)).toEqual(["v6", "dns"]);
});

test("says that a later fragment does not show a port", () => {
  const { sourcePort: _, destinationPort: __, ...shown } = packet;
  const { passedOver } = explain(rules, "forward", { ...shown, fragment: "later" });
  expect(passedOver[2]?.because).toBe(
    "destinationPorts: a later fragment does not show whether it is one of 80, 8000-8080",
  );
});
