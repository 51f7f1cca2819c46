import fc from "fast-check";
import { PacketFacts } from "../../../appliance-agent/src/rules/packet-facts";
import { Rule } from "../../../appliance-agent/src/rules/rule";

/**
 * Small worlds: few addresses, ports and types, so that random rules and packets meet.
 *
 * IPv4 10.0.0.0 to 10.0.0.7, IPv6 fd00:: to fd00::7, ports 0 to 7 and 65535, ICMP types 0 to 3, two endpoints.
 */
const NETWORKS = {
  ipv4: ["0.0.0.0/0", "10.0.0.0/29", "10.0.0.0/30", "10.0.0.4/30", "10.0.0.2/31", "10.0.0.1/32", "10.0.0.6/32"],
  ipv6: ["::/0", "fd00::/125", "fd00::/126", "fd00::4/126", "fd00::2/127", "fd00::1/128", "fd00::6/128"],
} as const;
const BASE = { ipv4: 0x0a000000n, ipv6: 0xfd00n << 112n } as const;
const ENDPOINTS = [1n, 0x0a1b2c3d4e5f6071n] as const;

const family = fc.constantFrom("ipv4" as const, "ipv6" as const);
const portNumber = fc.oneof(fc.integer({ min: 0, max: 7 }), fc.constant(65535));
const ports = fc.array(
  fc.oneof(
    portNumber,
    fc.tuple(portNumber, portNumber).map(([a, b]): [number, number] => (a < b ? [a, b] : [b, a])),
  ),
  { minLength: 1, maxLength: 3 },
);
const icmpType = fc.integer({ min: 0, max: 3 });

/** A `match` whose members fit each other. */
const match: fc.Arbitrary<Rule["match"]> = fc
  .record({ its: family, kind: fc.constantFrom("any", "ports", "icmp", "number") })
  .chain(({ its, kind }) => {
    const networks = fc.array(fc.constantFrom(...NETWORKS[its]), { minLength: 1, maxLength: 2 });
    const common = {
      family: fc.constant(its),
      source: networks,
      destination: networks,
      endpoint: fc.constantFrom(...ENDPOINTS).map((id) => id.toString(16).padStart(16, "0")),
    };
    if (kind === "ports") {
      const protocol = fc.constantFrom<Rule["match"]["protocol"]>("tcp", "udp", 6, 17);
      const all = { ...common, protocol, sourcePorts: ports, destinationPorts: ports };
      return fc.record(all, { requiredKeys: ["protocol"] });
    }
    if (kind === "icmp") {
      const protocol = fc.constantFrom<Rule["match"]["protocol"]>(
        ...(its === "ipv4" ? ["icmp" as const, 1] : ["icmpv6" as const, 58]),
      );
      return fc.record({ ...common, protocol, icmpType }, { requiredKeys: ["protocol"] });
    }
    if (kind === "number")
      return fc.record({ ...common, protocol: fc.constantFrom(47, 50, 132) }, { requiredKeys: ["protocol"] });
    return fc.record(common, { requiredKeys: [] });
  });

/** Rules that a configuration would accept, named by their place. */
export const someRules = (maxLength: number): fc.Arbitrary<Rule[]> =>
  fc
    .array(fc.record({ match, action: fc.constantFrom("forward" as const, "drop" as const) }), { maxLength })
    .map((rules) => rules.map((rule, index) => ({ name: `rule-${String(index)}`, ...rule })));

/** Facts that `packetFacts` could have found: of whole packets, first and later fragments. */
export const somePacket: fc.Arbitrary<PacketFacts> = fc
  .record({
    family,
    endpoint: fc.constantFrom(...ENDPOINTS, 7n),
    source: fc.bigInt({ min: 0n, max: 7n }),
    destination: fc.bigInt({ min: 0n, max: 7n }),
    fragment: fc.constantFrom("none" as const, "first" as const, "later" as const),
    protocol: fc.constantFrom(undefined, 1, 6, 6, 17, 17, 58, 47, 50),
    sourcePort: portNumber,
    destinationPort: portNumber,
    icmpType,
  })
  .map(({ protocol, sourcePort, destinationPort, icmpType: type, ...seen }): PacketFacts => {
    const common = {
      ...seen,
      source: BASE[seen.family] + seen.source,
      destination: BASE[seen.family] + seen.destination,
    };
    if (seen.fragment === "later") {
      const hidden = protocol === undefined && seen.family === "ipv6";
      return { ...common, ...(hidden ? {} : { protocol: protocol ?? 17 }) };
    }
    if (protocol === 6 || protocol === 17) return { ...common, protocol, sourcePort, destinationPort };
    const icmp = seen.family === "ipv4" ? 1 : 58;
    return { ...common, protocol: protocol ?? 47, ...(protocol === icmp ? { icmpType: type } : {}) };
  });

export const someAction = fc.constantFrom("forward" as const, "drop" as const);
