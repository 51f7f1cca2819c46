import fc from "fast-check";
import { evaluate } from "../../../appliance-agent/src/rules/evaluate";
import { Rule } from "../../../appliance-agent/src/rules/rule";
import { unreachableRules } from "../../../appliance-agent/src/rules/unreachable-rules";
import { somePacket, someRules } from "./some-rules";

test("a rule that is named decides about no packet, and its cover decides about what it matches", () => {
  let named = 0;
  fc.assert(
    fc.property(someRules(8), fc.array(somePacket, { minLength: 30, maxLength: 30 }), (rules, packets) => {
      for (const { rule, coveredBy } of unreachableRules(rules)) {
        named++;
        const cover = [...coveredBy, rule].map((index) => rules[index] as Rule);
        const escaped = packets.filter(
          (packet) =>
            evaluate(rules, "forward", packet).rule === rule ||
            evaluate(cover, "forward", packet).rule === coveredBy.length,
        );
        expect(escaped).toEqual([]);
      }
    }),
    { numRuns: 600 },
  );
  expect(named).toBeGreaterThan(20);
});

test("a rule that is not named decides about some packet of a small world", () => {
  // Complete but for the limit on pieces: every rule that is left has a packet in a world that can be searched.
  const world = fc.sample(somePacket, { numRuns: 4000, seed: 7 });
  const lists = fc.sample(someRules(5), { numRuns: 40, seed: 7 });
  const undecided = lists.flatMap((rules) => {
    const unreachable = new Set(unreachableRules(rules).map(({ rule }) => rule));
    const deciding = new Set(world.map((packet) => evaluate(rules, "forward", packet).rule));
    return rules.flatMap((_, index) => (unreachable.has(index) || deciding.has(index) ? [] : [index]));
  });
  // Protocols 132 and addresses outside the world are in rules but not in its packets.
  expect(undecided.length).toBeLessThan(lists.flat().length / 5);
});

const rule = (match: Rule["match"], action: Rule["action"] = "drop"): Rule => ({ name: "x", match, action });

test.each<[string, Rule[], { rule: number; coveredBy: number[] }[]]>([
  ["the same rule again", [rule({ protocol: "tcp" }), rule({ protocol: 6 })], [{ rule: 1, coveredBy: [0] }]],
  [
    "a narrower network",
    [rule({ source: ["10.0.0.0/8"] }), rule({ source: ["10.1.0.0/16"], protocol: "udp" })],
    [{ rule: 1, coveredBy: [0] }],
  ],
  [
    "two halves of a network",
    [rule({ source: ["10.0.0.0/9"] }), rule({ source: ["10.128.0.0/9"] }), rule({ source: ["10.0.0.0/8"] })],
    [{ rule: 2, coveredBy: [0, 1] }],
  ],
  ["two families", [rule({ family: "ipv4" }), rule({ source: ["::/0"] }), rule({})], [{ rule: 2, coveredBy: [0, 1] }]],
  [
    "ranges of ports that meet",
    [
      rule({ protocol: "tcp", destinationPorts: [[0, 99]] }, "forward"),
      rule({ protocol: "tcp", destinationPorts: [[100, 65535]] }, "forward"),
      rule({ protocol: "tcp" }),
    ],
    [{ rule: 2, coveredBy: [0, 1] }],
  ],
  [
    "all ports by drop rules, which leave later fragments",
    [rule({ protocol: "tcp", destinationPorts: [[0, 65535]] }), rule({ protocol: "tcp" })],
    [],
  ],
  ["a wider network", [rule({ source: ["10.1.0.0/16"] }), rule({ source: ["10.0.0.0/8"] })], []],
  ["another endpoint", [rule({ endpoint: "0000000000000001" }), rule({ endpoint: "0000000000000002" })], []],
  [
    "icmp after all of IPv4, icmpv6 not",
    [rule({ family: "ipv4" }), rule({ protocol: "icmp" }), rule({ protocol: "icmpv6" })],
    [{ rule: 1, coveredBy: [0] }],
  ],
])("%s", (_, rules, expected) => {
  expect(unreachableRules(rules)).toEqual(expected);
});
