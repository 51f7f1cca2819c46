import fc from "fast-check";
import { ConfigurationError } from "../../../appliance-agent/src/rules/agent-configuration";
import {
  formatAgentConfiguration,
  parseAgentConfiguration,
} from "../../../appliance-agent/src/rules/parse-agent-configuration";
import { squidBastion } from "../../../appliance-agent/src/rules/presets/squid-bastion";
import { someAction, someRules } from "./some-rules";

const minimal = { version: 1, mode: "hairpin", geneveSources: ["10.2.0.0/28"] };
const rule = { name: "a", match: {}, action: "drop" };

/** The problems of a configuration, given as text or as a value. */
function problemsOf(configuration: unknown): readonly string[] {
  const text = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
  try {
    parseAgentConfiguration(text, "agent.json");
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

test("fills in every default", () => {
  expect(parseAgentConfiguration(JSON.stringify(minimal), "agent.json")).toEqual({
    ...minimal,
    preset: "custom",
    hook: "tc",
    flowIdleSeconds: 360,
    maxFlows: 262_144,
    rules: [],
    defaultAction: "forward",
    iptables: { ipv4: [], ipv6: [] },
    underlayDestinations: [],
    sysctls: {},
    health: { port: 8080, tcpChecks: [] },
    hooks: {},
  });
});

test("what is formatted is parsed to the same, and formatted the same again", () => {
  fc.assert(
    fc.property(someRules(6), someAction, fc.boolean(), (rules, defaultAction, routed) => {
      const base = routed
        ? squidBastion({ geneveSources: ["10.2.0.0/28"], clientCidrs: ["10.1.0.0/24"], bastionAddress: "10.2.0.20" })
        : parseAgentConfiguration(JSON.stringify(minimal), "agent.json");
      const configuration = { ...base, rules, defaultAction };
      const text = formatAgentConfiguration(configuration);
      expect(parseAgentConfiguration(text, "agent.json")).toEqual(configuration);
      expect(formatAgentConfiguration(parseAgentConfiguration(text, "agent.json"))).toBe(text);
    }),
  );
});

test("keys in another order give the same text", () => {
  const reversed = Object.fromEntries(Object.entries({ ...minimal, sysctls: {} }).reverse());
  const text = (value: unknown) => formatAgentConfiguration(parseAgentConfiguration(JSON.stringify(value), "a"));
  expect(text(reversed)).toBe(text(minimal));
});

test.each([
  ["", "agent.json: not JSON at line 1, column 1, got the end; write a value"],
  ['{"version": 1,\n "mode": }', 'agent.json: not JSON at line 2, column 10, got "}"; write a value'],
  [
    '{"version": 1,}',
    'agent.json: not JSON at line 1, column 15, got "}"; write a key in double quotes, no comma after the last',
  ],
  [
    '{"version": 1 // one\n}',
    'agent.json: not JSON at line 1, column 15, got "// one"; remove the comment, JSON has none',
  ],
  ['{"version": 1', "agent.json: not JSON at line 1, column 14, got the end; close the object with }"],
  [
    "{'version': 1}",
    `agent.json: not JSON at line 1, column 2, got "'version'"; write a value, texts in double quotes`,
  ],
])("fails on the syntax of %j with line and column", (text, message) => {
  expect(problemsOf(text)).toEqual([message]);
});

test("fails on lists deeper than any stack", () => {
  for (const text of ["[".repeat(200_000), "[".repeat(200_000) + "]".repeat(200_000)]) {
    expect(problemsOf(text)).toHaveLength(1);
  }
});

test.each<[string, unknown, string[]]>([
  ["another version", { ...minimal, version: 2 }, ["agent.json version: not a known value, got 2; write 1"]],
  ["no version", { ...minimal, version: undefined }, ["agent.json version: missing, got nothing; write 1"]],
  ["no object", null, ["agent.json: wrong type, got null; write an object in { }"]],
  ["an unknown key", { ...minimal, hoook: "tc" }, ['agent.json hoook: unknown key, got "tc"; did you mean hook?']],
  [
    "an unknown key deep inside",
    { ...minimal, rules: [{ ...rule, match: { destinationPort: 80 } }] },
    ["agent.json rules[0].match.destinationPort: unknown key, got 80; did you mean destinationPorts?"],
  ],
  [
    "a key like no other",
    { ...minimal, health: { zzz: 1 } },
    ["agent.json health.zzz: unknown key, got 1; remove it, or write one of port, tcpChecks"],
  ],
  [
    "a key twice",
    '{"version":1,"mode":"hairpin","geneveSources":["10.2.0.0/28"],\n"mode":"routed"}',
    ["agent.json mode: a key again, got it at line 2, column 1; remove one of them"],
  ],
  [
    "port 70000",
    { ...minimal, health: { port: 70000 } },
    ["agent.json health.port: out of range, got 70000; write at most 65535"],
  ],
  [
    "rule port 70000",
    { ...minimal, rules: [{ ...rule, match: { protocol: "tcp", destinationPorts: [443, 70000] } }] },
    ["agent.json rules[0].match.destinationPorts[1]: out of range, got 70000; write at most 65535"],
  ],
  [
    "what is no port",
    { ...minimal, rules: [{ ...rule, match: { protocol: "tcp", destinationPorts: ["http"] } }] },
    [
      'agent.json rules[0].match.destinationPorts[0]: not a port, got "http"; write a whole number from 0 to 65535, or a range [first, last] of them',
    ],
  ],
  [
    "a reversed range",
    { ...minimal, rules: [{ ...rule, match: { protocol: "tcp", sourcePorts: [[443, 80]] } }] },
    ["agent.json rules[0].match.sourcePorts[0]: a range that ends before it begins, got [443,80]; write [80, 443]"],
  ],
  [
    "ports without a protocol",
    { ...minimal, rules: [{ ...rule, match: { destinationPorts: [80] } }] },
    [
      'agent.json rules[0].match.destinationPorts: ports of a protocol without them, got [80]; add "protocol": "tcp" or "udp"',
    ],
  ],
  [
    "an ICMP type without ICMP",
    { ...minimal, rules: [{ ...rule, match: { protocol: "udp", icmpType: 8 } }] },
    ['agent.json rules[0].match.icmpType: an ICMP type of another protocol, got 8; add "protocol": "icmp" or "icmpv6"'],
  ],
  [
    "a family against the protocol",
    { ...minimal, rules: [{ ...rule, match: { family: "ipv6", protocol: "icmp" } }] },
    ['agent.json rules[0].match.protocol: IPv4 in a rule of IPv6, got "icmp"; write one rule for each family'],
  ],
  [
    "mixed families",
    { ...minimal, rules: [{ ...rule, match: { source: ["10.0.0.0/8"], destination: ["fd00::/8"] } }] },
    [
      'agent.json rules[0].match.destination[0]: IPv6 in a rule of IPv4, got "fd00::/8"; write one rule for each family',
    ],
  ],
  [
    "what is no CIDR",
    { ...minimal, geneveSources: ["10.2.0.0/33", "10.2.0.4", "subnet", "10.2.0.9/28", "fd00::1/64"] },
    [
      'agent.json geneveSources[0]: a prefix length out of range, got "10.2.0.0/33"; a prefix of IPv4 has 0 to 32 bits',
      'agent.json geneveSources[1]: an address without a prefix length, got "10.2.0.4"; write 10.2.0.4/32',
      'agent.json geneveSources[2]: not a CIDR, got "subnet"; write an IPv4 or IPv6 network such as 10.1.0.0/16 or 2001:db8::/32',
      'agent.json geneveSources[3]: a CIDR with host bits set, got "10.2.0.9/28"; write 10.2.0.0/28',
      'agent.json geneveSources[4]: a CIDR with host bits set, got "fd00::1/64"; write fd00::/64',
      'agent.json geneveSources[4]: an IPv6 source, got "fd00::1/64"; write IPv4: a Gateway Load Balancer sends GENEVE over IPv4 only',
    ],
  ],
  [
    "a name twice, and a bad one",
    { ...minimal, rules: [rule, rule] },
    ['agent.json rules[1].name: the name of rules[0] again, got "a"; name it otherwise'],
  ],
  [
    "a name with spaces",
    { ...minimal, rules: [{ ...rule, name: "drop it" }] },
    [
      'agent.json rules[0].name: not a rule name, got "drop it"; write 1 to 63 characters of a-z, 0-9 and -, not - first',
    ],
  ],
  [
    "another action",
    { ...minimal, rules: [{ ...rule, action: "allow" }] },
    ['agent.json rules[0].action: not a known value, got "allow"; write "forward" or "drop"'],
  ],
  [
    "XDP in routed mode",
    { ...minimal, mode: "routed", hook: "xdp" },
    ['agent.json hook: xdp in routed mode, got "xdp"; write "tc": XDP cannot hand packets to routing'],
  ],
  [
    "members of routed mode in hairpin mode",
    { ...minimal, sysctls: { "net.ipv4.ip_forward": "1" }, underlayDestinations: ["10.2.0.20/32"] },
    [
      'agent.json underlayDestinations: a member of routed mode in hairpin mode, got ["10.2.0.20/32"]; remove it, or write "mode": "routed"',
      'agent.json sysctls: a member of routed mode in hairpin mode, got {"net.ipv4.ip_forward":"1"}; remove it, or write "mode": "routed"',
    ],
  ],
  [
    "another kernel parameter",
    { ...minimal, mode: "routed", sysctls: { "kernel.core_pattern": "1" } },
    [
      'agent.json sysctls["kernel.core_pattern"]: not a kernel parameter of the network, got "kernel.core_pattern"; write one such as net.ipv4.ip_forward',
    ],
  ],
  [
    "a check by name",
    { ...minimal, health: { tcpChecks: [{ name: "squid", address: "squid.internal", port: 3128 }] } },
    [
      'agent.json health.tcpChecks[0].address: not an address, got "squid.internal"; write an IPv4 or IPv6 address: a check must not depend on a resolver',
    ],
  ],
])("fails on %s with path, value and fix", (_, configuration, problems) => {
  expect(problemsOf(configuration)).toEqual(problems);
});

test("fails on 65,537 rules, and takes 65,536", () => {
  const rules = Array.from({ length: 65_537 }, (_, i) => ({ ...rule, name: `r${String(i)}` }));
  expect(problemsOf({ ...minimal, rules })).toEqual([
    "agent.json rules: wrong number of entries, got 65537 entries; write at most 65536",
  ]);
  expect(problemsOf({ ...minimal, rules: rules.slice(1) })).toEqual([]);
});

test("any text is a configuration or refused by ConfigurationError", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.anything().map((value) => JSON.stringify(value) ?? ""),
      ),
      (text) => {
        expect(problemsOf(text).length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 300 },
  );
});
