import fc from "fast-check";
import { parseCidr, isCidr } from "../../../appliance-agent/src/rules/cidr";
import { evaluate } from "../../../appliance-agent/src/rules/evaluate";
import { PacketFacts } from "../../../appliance-agent/src/rules/packet-facts";
import { Rule } from "../../../appliance-agent/src/rules/rule";
import { someAction, somePacket, someRules } from "./some-rules";

const NUMBERS = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 } as const;

/** The same meaning said once more, as plainly as possible: a loop over rules, an `if` for each member. */
function naive(rules: readonly Rule[], defaultAction: "forward" | "drop", packet: PacketFacts): string {
  for (const { name, match, action } of rules) {
    const hidden = action === "forward";
    const protocol = typeof match.protocol === "string" ? NUMBERS[match.protocol] : match.protocol;
    const inside = (cidrs: readonly string[], address: bigint) =>
      cidrs.some((text) => {
        const bits = BigInt(packet.family === "ipv4" ? 32 : 128);
        const cidr = parseCidr(text);
        if (!isCidr(cidr) || cidr.family !== packet.family) return false;
        const size = 1n << (bits - BigInt(cidr.prefixLength));
        return address >= cidr.address && address < cidr.address + size;
      });
    const port = (wanted: readonly (number | readonly [number, number])[], got: number | undefined) => {
      if (got === undefined) return packet.fragment === "later" && hidden;
      return wanted.some((one) => (typeof one === "number" ? got === one : got >= one[0] && got <= one[1]));
    };
    if (match.family && match.family !== packet.family) continue;
    if (protocol === 1 && packet.family !== "ipv4") continue;
    if (protocol === 58 && packet.family !== "ipv6") continue;
    if (protocol !== undefined && !(packet.protocol === undefined ? hidden : packet.protocol === protocol)) continue;
    if (match.source && !inside(match.source, packet.source)) continue;
    if (match.destination && !inside(match.destination, packet.destination)) continue;
    if (match.sourcePorts && !port(match.sourcePorts, packet.sourcePort)) continue;
    if (match.destinationPorts && !port(match.destinationPorts, packet.destinationPort)) continue;
    if (match.icmpType !== undefined && !port([match.icmpType], packet.icmpType)) continue;
    if (match.endpoint && BigInt(`0x${match.endpoint}`) !== packet.endpoint) continue;
    return `${name} ${action}`;
  }
  return `default ${defaultAction}`;
}

test("agrees with a naive statement of the same meaning", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      someRules(8),
      someAction,
      fc.array(somePacket, { minLength: 20, maxLength: 20 }),
      (rules, action, packets) => {
        for (const packet of packets) {
          const verdict = evaluate(rules, action, packet);
          const decidedBy = verdict.rule === undefined ? "default" : `rule-${String(verdict.rule)}`;
          expect(`${decidedBy} ${verdict.action}`).toBe(naive(rules, action, packet));
          seen.add(decidedBy);
        }
      },
    ),
    { numRuns: 400 },
  );
  // The property is empty if random rules never meet random packets.
  expect([...seen].sort()).toEqual(["default", ...Array.from({ length: 8 }, (_, i) => `rule-${String(i)}`)]);
});

const whole: PacketFacts = {
  endpoint: 1n,
  family: "ipv4",
  source: 0x0a000001n,
  destination: 0xc6336407n,
  protocol: 6,
  sourcePort: 40000,
  destinationPort: 80,
  fragment: "none",
};
const { sourcePort: _, destinationPort: __, ...hiding } = whole;
const later: PacketFacts = { ...hiding, fragment: "later" };
const port80: Rule["match"] = { protocol: "tcp", destinationPorts: [80] };

describe("a later fragment whose first is not known", () => {
  test.each<[string, Rule[], "forward" | "drop", string]>([
    [
      "is forwarded past a drop rule that asks for ports",
      [{ name: "a", match: port80, action: "drop" }],
      "forward",
      "forward",
    ],
    [
      "is forwarded by a forward rule that asks for ports",
      [{ name: "a", match: port80, action: "forward" }],
      "drop",
      "forward",
    ],
    ["is dropped when every first fragment would be", [{ name: "a", match: port80, action: "drop" }], "drop", "drop"],
    [
      "is dropped by its address, whatever a drop rule before asks",
      [
        { name: "a", match: port80, action: "drop" },
        { name: "b", match: { source: ["10.0.0.0/8"] }, action: "drop" },
      ],
      "forward",
      "drop",
    ],
    [
      "is not let through by a forward rule of another protocol",
      [{ name: "a", match: { protocol: "udp", destinationPorts: [53] }, action: "forward" }],
      "drop",
      "drop",
    ],
  ])("%s", (_name, rules, defaultAction, expected) => {
    expect(evaluate(rules, defaultAction, later).action).toBe(expected);
  });

  test("is only dropped when its first is", () => {
    fc.assert(
      fc.property(someRules(8), someAction, somePacket, (rules, action, packet) => {
        if (packet.fragment === "later") return;
        const { sourcePort: _a, destinationPort: _b, icmpType: _c, ...shown } = packet;
        const verdict = evaluate(rules, action, { ...shown, fragment: "later" });
        if (verdict.action === "drop") expect(evaluate(rules, action, packet).action).toBe("drop");
      }),
      { numRuns: 3000 },
    );
  });
});

test("the first rule that matches decides, then the default", () => {
  const rules: Rule[] = [
    { name: "a", match: { source: ["10.0.0.1/32"], ...port80 }, action: "forward" },
    { name: "b", match: port80, action: "drop" },
  ];
  expect(evaluate(rules, "forward", whole)).toEqual({ action: "forward", rule: 0 });
  expect(evaluate(rules, "forward", { ...whole, source: 1n })).toEqual({ action: "drop", rule: 1 });
  expect(evaluate(rules, "forward", { ...whole, destinationPort: 443 })).toEqual({ action: "forward" });
});
