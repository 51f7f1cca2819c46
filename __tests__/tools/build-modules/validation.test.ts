import * as fc from "fast-check";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { validateAgentConfiguration } from "../../../appliance-agent/src/rules/agent-configuration";
import { filter } from "../../../appliance-agent/src/rules/presets/filter";
import { squidBastion } from "../../../appliance-agent/src/rules/presets/squid-bastion";
import { Rule, ruleSchema } from "../../../appliance-agent/src/rules/rule";
import { squidRulesExpression } from "../../../tools/build-modules/definitions/squid-rules";
import { subnetsExpression } from "../../../tools/build-modules/definitions/scenario-module";
import { RULES_TYPE, rulesChecks, rulesExpression } from "../../../tools/build-modules/variables/rules";
import { isCidr, isIpv4Cidr } from "../../../tools/build-modules/variables/cidr-conditions";
import { isCidr as isCidrOfAgent, parseCidr } from "../../../appliance-agent/src/rules/cidr";
import { OfflinePlanError } from "../../../tools/offline-plan/offline-plan-error";
import { offlinePlan } from "../../../tools/offline-plan/offline-plan";
import { planSubnets } from "../../../modules/internal/subnet-plan";
import { agentRule } from "../../support/agent-rule";
import { evaluate } from "../../support/evaluate";
import { withModules } from "../../support/planned-modules";

const port = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 65535 }).map(String) },
  fc.tuple(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 0, max: 65535 })).map((it) => it.join("-")),
  fc.constantFrom("65536", "-1", "01", "80-", "1-2-3", "http", "", "1.5"),
);
const cidr = fc.constantFrom(
  "10.0.0.0/8",
  "10.0.0.1/8",
  "192.0.2.1/32",
  "2001:db8::/32",
  "2001:DB8::1/32",
  "2001:db8::1/128",
  "::/0",
  "0.0.0.0/0",
  "10.0.0.0",
  "010.0.0.0/8",
  "1.2.3.4/33",
  "10.0.0.0/08",
  "nonsense",
  "::ffff:10.0.0.0/104",
  "fe80::%eth0/64",
);
const mostly = <T>(good: T[], bad: T[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: fc.constantFrom(...bad) });
const goodCidrs = [
  ["10.0.0.0/8", "192.0.2.1/32"],
  ["2001:db8::/32", "2001:db8::1/128"],
];
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });
const names = mostly(["a", "drop-http", "0"], ["", "-a", "A", "a".repeat(64)]);
const actions = fc.constantFrom("drop", "forward");
/** Rules of which most are good. */
const goodRule = fc
  .record({
    six: fc.boolean(),
    protocol: fc.constantFrom(...["tcp", "udp", "6", "17", "icmp", "47", "0"]),
    source: optional(fc.integer({ min: 1, max: 2 })),
    destination: optional(fc.integer({ min: 1, max: 2 })),
    ports: fc.array(port, { minLength: 1, maxLength: 2 }),
    endpoint: optional(mostly(["00112233445566aa"], ["0011", "00112233445566AA"])),
    name: names,
    action: mostly(["drop", "forward"], ["reject"]),
  })
  .map(({ six, protocol, source, destination, ports, endpoint, name, action }) => {
    const hasPorts = ["tcp", "udp", "6", "17"].includes(protocol);
    const own = protocol === "icmp" && six ? "icmpv6" : protocol;
    const cidrs = goodCidrs[six ? 1 : 0] ?? [];
    return {
      name,
      match: {
        protocol: own,
        ...(source === undefined ? {} : { source: cidrs.slice(0, source) }),
        ...(destination === undefined ? {} : { destination: cidrs.slice(0, destination) }),
        ...(hasPorts ? { destination_ports: ports } : {}),
        ...(own.startsWith("icmp") ? { icmp_type: 8 } : {}),
        ...(endpoint === undefined ? {} : { endpoint }),
      },
      action,
    };
  });
/** Rules of which most are bad. */
const badRule = fc.record({
  name: names,
  match: fc.record(
    {
      family: mostly(["ipv4", "ipv6"], ["ip", ""]),
      protocol: mostly(
        ["tcp", "udp", "icmp", "icmpv6", "6", "17", "1", "58", "47", "0"],
        ["sctp", "256", "-1", "06", ""],
      ),
      source: fc.array(cidr, { minLength: 0, maxLength: 2 }),
      destination: fc.array(cidr, { minLength: 1, maxLength: 2 }),
      source_ports: fc.array(port, { minLength: 0, maxLength: 2 }),
      destination_ports: fc.array(port, { minLength: 1, maxLength: 2 }),
      icmp_type: fc.constantFrom(0, 8, 255, 256, -1, 1.5),
      endpoint: fc.constant("00112233445566aa"),
    },
    { requiredKeys: [] },
  ),
  action: actions,
});
const hclRule = fc.oneof(goodRule, badRule);

const RULE_TYPE = RULES_TYPE.slice("list(".length, -1);

test("Terraform accepts a rule exactly when the agent does", async () => {
  const edges = [
    ...["0", "255", "256", "00"].map((protocol) => ({ protocol })),
    ...["0", "65535", "65536", "5-5", "5-4", "0-65535"].map((it) => ({ protocol: "tcp", destination_ports: [it] })),
    ...[0, 255, 256, -1].map((icmp_type) => ({ protocol: "icmp", icmp_type })),
    ...["tcp", "6", "icmp", "1"].flatMap((protocol) => [
      { protocol, source_ports: ["1"] },
      { protocol, icmp_type: 1 },
      { protocol, family: "ipv6" },
    ]),
    { source: ["10.0.0.0/8", "2001:db8::/32"] },
    { family: "ipv4", destination: ["2001:db8::/32"] },
  ].map((match) => ({ name: "edge", match, action: "drop" }));
  const rules = [...edges, ...fc.sample(hclRule, { numRuns: 300, seed: 1 })];
  const conditions = rulesChecks("[it]", "rules").map(({ condition }) => `(${condition})`);
  const accepted = await evaluate(RULE_TYPE, rules, conditions.join(" && "));
  const wanted = rules.map((it) => ruleSchema.safeParse(agentRule(it)).success);
  expect(wanted.filter(Boolean).length).toBeGreaterThan(60);
  expect(rules.filter((_, index) => accepted[index] !== wanted[index])).toEqual([]);
}, 300_000);

test("a rule list of HCL becomes the rules of the preset", async () => {
  const rules = fc
    .sample(hclRule, { numRuns: 300, seed: 2 })
    .filter((it) => ruleSchema.safeParse(agentRule(it)).success);
  expect(rules.length).toBeGreaterThan(60);
  const made = await evaluate(RULE_TYPE, rules, `jsonencode(${rulesExpression("[it]")})`);
  rules.forEach((rule, index) => {
    const [own] = filter({ geneveSources: ["10.2.0.0/28"], rules: [agentRule(rule) as Rule] }).rules;
    expect(JSON.parse(made[index])).toEqual([own]);
  });
}, 300_000);

test("the rules of squid-bastion are those of the preset", async () => {
  const cases = [[80], [], [22, 80]].flatMap((ports) => ["drop", "forward"].map((quic) => ({ ports, quic })));
  const made = await evaluate(
    "object({ ports = list(number), quic = string })",
    cases,
    `jsonencode(${squidRulesExpression('["10.1.0.0/24"]', "it.ports", "it.quic")})`,
  );
  const wanted = cases.map(
    ({ ports, quic }) =>
      squidBastion({
        geneveSources: ["10.2.0.0/28"],
        clientCidrs: ["10.1.0.0/24"],
        bastionAddress: "10.2.0.20",
        blockedInboundPorts: ports,
        quic: quic as "drop",
      }).rules,
  );
  expect(made.map((it) => JSON.parse(it))).toEqual(wanted);
  expect(() => validateAgentConfiguration({ version: 1 }, "x")).toThrow();
});

test("Terraform knows the CIDRs that the agent knows", async () => {
  const texts = fc.sample(
    fc.oneof(
      cidr,
      fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 34 })).map((it) => it.join("/")),
      fc.ipV6().map((it) => `${it}/64`),
      fc.ipV6().map((it) => `${it}/128`),
    ),
    { numRuns: 400, seed: 3 },
  );
  const found = await evaluate("string", texts, `[${isCidr("it")}, ${isIpv4Cidr("it")}]`);
  const wanted = texts.map((it) => {
    const parsed = parseCidr(it);
    return [isCidrOfAgent(parsed), isCidrOfAgent(parsed) && parsed.family === "ipv4"];
  });
  expect(texts.filter((_, index) => String(found[index]) !== String(wanted[index]))).toEqual([]);
}, 300_000);

test("Terraform cuts a VPC as the constructs do", async () => {
  const cases = ["10.1.0.0/16", "10.1.0.0/20", "10.1.4.0/24", "10.1.0.64/26"].flatMap((vpc) =>
    [null, 28].map((prefix) => ({ vpc, prefix })),
  );
  const zones = ["eu-west-1a", "eu-west-1b"];
  const found = await evaluate(
    "object({ vpc = string, prefix = optional(number) })",
    cases,
    subnetsExpression("it.vpc", "it.prefix", ["one", "two"]),
    { zone_names: zones, letters: '${split("", "abcdefghijklmnopqrstuvwxyz")}' },
  );
  const wanted = cases.map(({ vpc, prefix }) =>
    Object.fromEntries(
      planSubnets({ where: "", cidr: vpc, zones, kinds: ["one", "two"], subnetPrefixLength: prefix ?? undefined }),
    ),
  );
  expect(found).toEqual(wanted);
});

const ZONE = { appliance_subnet_id: "subnet-1", appliance_cidr: "10.2.0.0/28", bastion_cidr: "10.2.0.16/28" };
const BUNDLE = { bucket: "b", bucket_arn: "arn:aws:s3:::b", program_key: "k", program_sha256: "5a".repeat(32) };
const APPLIANCE = { vpc_id: "vpc-1", zones: { "eu-west-1a": ZONE }, target_group_arn: "arn:aws:t", bundle: BUNDLE };
const BASTION = {
  ...{ vpc_id: "vpc-1", vpc_cidr: "10.2.0.0/24", internet_gateway_id: "igw-1", s3_endpoint_id: "vpce-1" },
  ...{ zones: { "eu-west-1a": ZONE }, bundle: BUNDLE, appliance_security_group_id: "sg-1" },
  appliance_network_interface_ids: { "eu-west-1a": "eni-1" },
};
const INSERTION = { vpc_id: "vpc-1", internet_gateway_id: "igw-1", service_name: "com.amazonaws.vpce.x" };

const WRONG: readonly (readonly [module: string, variables: Record<string, unknown>, message: string])[] = [
  [
    "pass-through",
    { zones: [] },
    "zones: must be names of Availability Zones, got []; write a region and a letter, eu-west-1a",
  ],
  [
    "pass-through",
    { zones: ["eu-west-1"] },
    'zones: must be names of Availability Zones, got ["eu-west-1"]; write a region and a letter, eu-west-1a',
  ],
  [
    "pass-through",
    { zones: ["eu-west-1a", "eu-west-1a"] },
    'zones: must differ, got ["eu-west-1a","eu-west-1a"]; remove the zone that stands there twice',
  ],
  [
    "pass-through",
    { zones: ["eu-west-1a", "us-east-1a"] },
    'zones: must be of one region, got ["eu-west-1a","us-east-1a"]; keep those of the provider\'s region',
  ],
  [
    "pass-through",
    { client_vpc: { cidr: "10.1.0.1/24" } },
    "client_vpc.cidr: must be an IPv4 CIDR without host bits, got 10.1.0.1/24; write an address and a prefix length, 10.1.0.0/24",
  ],
  [
    "pass-through",
    { inspection_vpc: { cidr: "10.0.0.0/8" } },
    "inspection_vpc.cidr: must be a /16 to a /28, got 10.0.0.0/8; AWS has no VPC of another size",
  ],
  [
    "pass-through",
    { client_vpc: { subnet_prefix_length: 29 } },
    "client_vpc.subnet_prefix_length: out of range, got 29; write a whole number from 16 to 28",
  ],
  [
    "pass-through",
    { load_balancer: { tcp_idle_timeout_seconds: 59 } },
    "load_balancer.tcp_idle_timeout_seconds: out of range, got 59; write a whole number from 60 to 6000",
  ],
  [
    "pass-through",
    { load_balancer: { healthy_threshold: 2.5 } },
    "load_balancer.healthy_threshold: out of range, got 2.5; write a whole number from 2 to 10",
  ],
  [
    "pass-through",
    { load_balancer: { cross_zone: "yes" } },
    'load_balancer.cross_zone: not a known value, got "yes"; write within-zone or all-zones',
  ],
  [
    "pass-through",
    { load_balancer: { stickiness: "3-tuple", tcp_idle_timeout_seconds: 400 } },
    "load_balancer.stickiness: without an idle timeout that can be set, got 3-tuple with tcp_idle_timeout_seconds 400; use 5-tuple, or leave tcp_idle_timeout_seconds at 350",
  ],
  [
    "pass-through",
    { load_balancer: { health_check_timeout_seconds: 11 } },
    "load_balancer.health_check_timeout_seconds: longer than the interval, got 11 and 10; lower the timeout or raise the interval",
  ],
  [
    "pass-through",
    { appliance: { per_zone: 0 } },
    "appliance.per_zone: out of range, got 0; write a whole number from 1 to 20",
  ],
  [
    "pass-through",
    { appliance: { instance_type: "t3.micro" } },
    "appliance.instance_type: must be of architecture arm64, got t3.micro; use a type like t4g.micro (arm64) or t3.micro (x86_64), or change architecture",
  ],
  [
    "pass-through",
    { appliance: { instance_type: "big" } },
    "appliance.instance_type: must be an EC2 instance type, got big; use t4g.micro",
  ],
  [
    "pass-through",
    { workload: { ami_parameter: "ami" } },
    'workload.ami_parameter: not an SSM parameter, got "ami"; begin its name with /',
  ],
  [
    "pass-through",
    { workload: { inbound_cidrs: ["10.0.0.1/8"] } },
    'workload.inbound_cidrs: not all CIDRs without host bits, got ["10.0.0.1/8"]; write 10.1.0.0/16 or 2001:db8::/32',
  ],
  ...[["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"], ["10.0.0.0/8", "2000::/3"]].map(
    (management_cidrs): (typeof WRONG)[number] => [
      "pass-through",
      { appliance: { management_cidrs } },
      `appliance.management_cidrs: must be of /5 or longer, not everybody or a large part, got ${JSON.stringify(management_cidrs)}; write the networks that you come from, or leave it empty: Session Manager needs no rule`,
    ],
  ),
  [
    "pass-through",
    { appliance: { management_cidrs: ["10.0.0.1/8"] } },
    'appliance.management_cidrs: not all CIDRs without host bits, got ["10.0.0.1/8"]; write 10.1.0.0/16 or 2001:db8::/32',
  ],
  [
    "pass-through",
    { flow_logs: { retention_days: 2 } },
    "flow_logs.retention_days: not a known value, got 2; write 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653",
  ],
  [
    "pass-through",
    { name: 'a"b' },
    'name: must be 1 to 128 letters, digits, spaces and _.:/=+@-, got a"b; AWS refuses other tags',
  ],
  [
    "tc-filter",
    { filter: { default_action: "deny" } },
    'filter.default_action: not a known value, got "deny"; write forward or drop',
  ],
  [
    "tc-filter",
    { filter: { rules: [{ name: "a", match: { destination_ports: ["80"] }, action: "drop" }] } },
    'filter.rules: ports of a protocol without them in the rules, got ["a"]; add protocol = "tcp" or "udp"',
  ],
  [
    "squid-bastion",
    { squid_bastion: { denied_domains: ["Example.com"] } },
    'squid_bastion.denied_domains: not all lower-case names, got ["Example.com"]; write example.com, or .example.com for every name below it too',
  ],
  [
    "squid-bastion",
    { squid_bastion: { allowed_domains: [] } },
    "squid_bastion.allowed_domains: wrong number of entries, got 0; write 1 to 65536",
  ],
  [
    "squid-bastion",
    { squid_bastion: { blocked_inbound_ports: [0] } },
    "squid_bastion.blocked_inbound_ports: out of range, got [0]; write a whole number from 1 to 65535",
  ],
  [
    "tc-filter",
    {
      filter: {
        rules: [
          { name: "web", match: { protocol: "tcp", destination_ports: ["1-1023"] }, action: "forward" },
          { name: "https", match: { protocol: "6", destination_ports: ["443"] }, action: "drop" },
        ],
      },
    },
    "filter.rules: rules that can never match, got 'https' behind 'web'; remove them, or move them up",
  ],
  [
    "appliance",
    {
      ...APPLIANCE,
      rules: [
        { name: "all", match: {}, action: "forward" },
        { name: "ping", match: { protocol: "icmp" }, action: "drop" },
        { name: "six", match: { family: "ipv6" }, action: "drop" },
      ],
      files: { "/etc/passwd": "" },
    },
    "rules: rules that can never match, got 'ping' behind 'all', 'six' behind 'all'; remove them, or move them up",
  ],
  [
    "appliance",
    { ...APPLIANCE, files: { "/etc/gwlb-agent/../passwd": "" } },
    'files: must be files in /etc/gwlb-agent other than agent.json, got ["/etc/gwlb-agent/../passwd"]; write /etc/gwlb-agent/route, and name it in configurations',
  ],
  [
    "endpoint-insertion",
    {
      ...INSERTION,
      zones: {
        "eu-west-1a": {
          endpoint_subnet_id: "subnet-1",
          workloads: [
            { cidr: "10.1.0.0/24", route_table_id: "rtb-1" },
            { cidr: "10.1.0.64/26", route_table_id: "rtb-2" },
          ],
        },
      },
    },
    'zones: workloads must not overlap, got ["10.1.0.0/24","10.1.0.64/26"]; write each subnet once, with its own CIDR: the edge route table sends each to one endpoint',
  ],
  ...(
    [
      [[], "client_cidrs: must be IPv4 CIDRs without host bits, got []; write 10.1.0.0/24, at least one"],
      [
        ["2001:db8::/32"],
        'client_cidrs: must be IPv4 CIDRs without host bits, got ["2001:db8::/32"]; write 10.1.0.0/24, at least one',
      ],
      [
        ["10.1.0.0/24", "10.1.0.0/16"],
        'client_cidrs: must not overlap, got ["10.1.0.0/24","10.1.0.0/16"]; keep the larger one: each has a route of its own',
      ],
      [
        ["10.1.0.0/24", "10.1.0.0/24"],
        'client_cidrs: must not overlap, got ["10.1.0.0/24","10.1.0.0/24"]; keep the larger one: each has a route of its own',
      ],
    ] as const
  ).map(([client_cidrs, message]): (typeof WRONG)[number] => ["bastion", { ...BASTION, client_cidrs }, message]),
];

/** Found later than the others: they need local values. */
const WRONG_TOGETHER: typeof WRONG = [
  [
    "pass-through",
    { inspection_vpc: { cidr: "10.1.0.0/16" } },
    "inspection_vpc.cidr: must not overlap client_vpc.cidr, got 10.1.0.0/16 and 10.1.0.0/24; move one: a bastion could not tell the clients from its own network",
  ],
  [
    "pass-through",
    { appliance: { per_zone: 6 } },
    "appliance.per_zone: must be at most 5 in a subnet of /28, which holds every appliance and its replacement, got 6; lower it, or use larger subnets",
  ],
  [
    "appliance",
    { ...APPLIANCE, per_zone: 6 },
    "per_zone: must be at most 5 in a subnet of /28, which holds every appliance and its replacement, got 6; lower it, or use larger subnets",
  ],
  [
    "bastion",
    { ...BASTION, client_cidrs: ["10.0.0.0/14"] },
    'client_cidrs: must not overlap vpc_cidr, got ["10.0.0.0/14"] and 10.2.0.0/24; move one: a bastion could not tell the clients from its own network',
  ],
  [
    "pass-through",
    { client_vpc: { cidr: "10.1.0.0/28" } },
    "client_vpc.cidr: must hold two subnets for every zone up to the last letter in use, got 10.1.0.0/28; use a larger cidr or a larger subnet_prefix_length",
  ],
];

test.each([
  ["by itself", WRONG],
  ["with another", WRONG_TOGETHER],
])(
  "fails on every input that is wrong %s, in Terraform's own validation, with what to write instead",
  async (_, wrongs) => {
    const calls = wrongs.map(([module, wrong], index) => [
      `call_${index}`,
      { source: `./modules/${module}`, zones: ["eu-west-1a"], ...wrong },
    ]);
    const main = { provider: { aws: { region: "eu-west-1" } }, module: Object.fromEntries(calls) };
    await withModules({}, async (root) => {
      writeFileSync(join(root, "main.tf.json"), JSON.stringify(main));
      const error = await offlinePlan(root).then(
        () => undefined,
        (refused: unknown) => refused,
      );
      expect(error).toBeInstanceOf(OfflinePlanError);
      const said = (error as OfflinePlanError).message.replaceAll(/\s+/g, " ");
      expect(wrongs.map(([, , message]) => message).filter((message) => !said.includes(message))).toEqual([]);
    });
  },
  60_000,
);
