import { RuleList } from "../../../appliance-agent/src/rules/rule-table";

/** One packet passes by one rule of each list, another one, and by no mixture of two lists. */
export const PASSING = { source: "10.1.0.5", destination: "203.0.113.7", sourcePort: 40_000, destinationPort: 443 };

const noise = (prefix: string): RuleList["rules"] =>
  Array.from({ length: 300 }, (_, index) => ({
    name: `${prefix}-${String(index)}`,
    match: {
      protocol: "tcp",
      source: [`10.${prefix === "a" ? "8" : "9"}.${String(index % 250)}.0/24`],
      destinationPorts: [index],
    },
    action: "drop",
  }));

/** Of different lengths, and the deciding rule at different places: rows of one list mean nothing in another. */
export const LISTS: readonly RuleList[] = [
  {
    rules: [...noise("a"), { name: "by-port", match: { protocol: "tcp", destinationPorts: [443] }, action: "forward" }],
    defaultAction: "drop",
  },
  {
    rules: [{ name: "by-source", match: { source: ["10.1.0.0/16"] }, action: "forward" }, ...noise("b")],
    defaultAction: "drop",
  },
  {
    rules: [{ name: "by-destination", match: { destination: ["203.0.113.7/32"] }, action: "forward" }],
    defaultAction: "drop",
  },
];
