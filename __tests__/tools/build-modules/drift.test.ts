import * as fc from "fast-check";
import { z } from "zod";
import { configurationSchema } from "../../../stacks/configuration";
import { buildModule } from "../../../tools/build-modules/build-module";
import { DEFINITIONS } from "../../../tools/build-modules/definitions";
import { SAMPLE_SHA256 } from "../../../tools/build-modules/sample/sample";
import { snakeCase } from "../../../tools/build-modules/variables/variable";
import { SCENARIO_NAMES, Scenario, synthesizeScenario } from "../../support/scenarios";
import { Loose, Planned, canonical, ownersOf, planned, withModules } from "../../support/planned-modules";

type Input = z.input<typeof configurationSchema>;

const REGIONS = ["eu-west-1", "us-gov-west-1", "cn-north-1"];
const machine = fc.oneof(
  fc.record({ architecture: fc.constant("arm64" as const), instanceType: fc.constantFrom("t4g.micro", "c7gn.large") }),
  fc.record({ architecture: fc.constant("x86_64" as const), instanceType: fc.constantFrom("t3.small", "c6in.large") }),
  fc.record({ amiParameter: fc.constantFrom("/own/image:3", "/another") }),
);
const rule = fc.constantFrom<NonNullable<NonNullable<Input["filter"]>["rules"]>[number]>(
  { name: "ping", match: { protocol: "icmp", icmpType: 8 }, action: "drop" },
  { name: "gre", match: { protocol: 47, family: "ipv4" }, action: "drop" },
  { name: "ports", match: { protocol: "udp", sourcePorts: [53, [1024, 65535]] }, action: "forward" },
  {
    name: "nets",
    match: { source: ["10.1.0.0/16", "192.0.2.0/24"], destination: ["198.51.100.0/24"] },
    action: "drop",
  },
  { name: "six", match: { protocol: "tcp", source: ["2001:db8::/32"], destinationPorts: [443] }, action: "drop" },
  { name: "endpoint", match: { endpoint: "00112233445566aa" }, action: "drop" },
);

/** Configurations that both a stack and a module accept. */
const configurations = fc
  .record({
    region: fc.constantFrom(...REGIONS),
    letters: fc.subarray(["a", "b", "c"], { minLength: 1 }),
    client: fc.constantFrom(
      { cidr: "10.1.0.0/24" },
      { cidr: "172.16.0.0/16" },
      { cidr: "10.9.0.0/20", subnetPrefixLength: 24 },
    ),
    inspection: fc.constantFrom({ cidr: "10.2.0.0/22" }, { cidr: "192.168.0.0/24", subnetPrefixLength: 28 }),
    idle: fc.constantFrom(
      { tcpIdleTimeoutSeconds: 777 },
      { stickiness: "3-tuple" as const },
      { stickiness: "2-tuple" as const, targetFailover: "no_rebalance" as const },
    ),
    health: fc.constantFrom(
      {},
      { healthCheckPort: 9000, healthCheckIntervalSeconds: 30, healthCheckTimeoutSeconds: 20 },
    ),
    protection: fc.constantFrom({}, { deletionProtection: "protected" as const, crossZone: "all-zones" as const }),
    thresholds: fc.constantFrom({}, { healthyThreshold: 3, unhealthyThreshold: 10 }),
    perZone: fc.integer({ min: 1, max: 2 }),
    machines: fc.tuple(machine, machine, machine),
    inboundCidrs: fc.subarray(["192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"]),
    managementCidrs: fc.constantFrom<string[]>(
      ["192.0.2.64/26", "2001:db8:9::/48"],
      ["2001:db8:9::/48", "192.0.2.64/26"],
    ),
    rules: fc.uniqueArray(rule, { selector: ({ name }) => name }),
    defaultAction: fc.constantFrom("forward" as const, "drop" as const),
    domains: fc.constantFrom(
      {},
      { deniedDomains: [".example.com"], allowedDomains: ["a.test", ".b.test"] },
      { blockedInboundPorts: [], quic: "forward" as const },
      { blockedInboundPorts: [22, 80] },
    ),
    flowLogs: fc.constantFrom(
      {},
      { retentionDays: 731 as const, kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/own" },
    ),
  })
  .map((it): Input => ({
    region: it.region,
    zones: it.letters.map((letter) => `${it.region}${letter}`),
    clientVpc: it.client,
    inspectionVpc: it.inspection,
    loadBalancer: { ...it.idle, ...it.health, ...it.protection, ...it.thresholds },
    appliance: { perZone: it.perZone, managementCidrs: it.managementCidrs, ...it.machines[0] },
    workload: { inboundCidrs: it.inboundCidrs, ...it.machines[1] },
    filter: { rules: it.rules, defaultAction: it.defaultAction },
    squidBastion: { ...it.domains, ...it.machines[2] } as Input["squidBastion"],
    flowLogs: it.flowLogs,
  }));

/** As a module's variables take it: names in snake case, ports and protocols as text. */
function variables(value: unknown, key = ""): unknown {
  if (/Ports$/.test(key) && key !== "blockedInboundPorts") {
    return (value as (number | number[])[]).map((it) => (Array.isArray(it) ? it.join("-") : String(it)));
  }
  if (key === "protocol") return String(value);
  if (Array.isArray(value)) return value.map((entry) => variables(entry));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [snakeCase(name), variables(entry, name)]));
}

const definition = (name: string) => {
  const found = DEFINITIONS.find((it) => it.name === name);
  if (!found) throw new Error(`no module ${name}`);
  return found;
};

const placesOf = new Map(DEFINITIONS.map((it) => [it.name, buildModule(it).places]));

/** Construct path of a resource of a module. */
function pathInModule(module: string, { address }: Planned, rank: (key: string) => number): string {
  const [, local = "", key] = /^([\w.]+)(?:\["(.*)"\])?$/s.exec(address) ?? [];
  const template = placesOf.get(module)?.get(local) ?? `unknown ${address}`;
  if (/^(workload\/(http|https|ping)|appliance\/ssh)-/.test(template))
    return template.replace("{number}", String(rank(key ?? "")));
  // A client of the bastions is its CIDR, there is one here; an appliance has a number behind its zone.
  const [, zone = "", number = "1"] = /^([^/]*?)(?:-(\d+)|\/.*)?$/.exec(key ?? "") ?? [];
  return template.replaceAll("{zone}", zone).replaceAll("{number}", number);
}

interface Stack {
  readonly json: Loose;
  readonly configuration: Input;
}

function stackOf(scenario: Scenario, configuration: Input): Stack {
  const { json } = synthesizeScenario(scenario, JSON.stringify(configuration));
  const {
    provider: _,
    terraform: __,
    ...rest
  } = JSON.parse(JSON.stringify(json).replaceAll("ab".repeat(32), SAMPLE_SHA256));
  return { json: rest, configuration };
}

function pathInStack({ json }: Stack, { type, address }: Planned): string {
  return json.resource[type][address.slice(type.length + 1)]["//"].metadata.path.split("/").slice(1).join("/");
}

/** What users of a resource can tell apart: arguments as planned, by construct path. */
function said(resources: (readonly [string, Planned])[], argumentsOf: (path: string, type: string) => string[]) {
  const owners = ownersOf(resources);
  return Object.fromEntries(
    resources
      .map(([path, { type, after }]) => {
        const chosen = argumentsOf(path, type).map((name) => [name, canonical(after[name], owners)]);
        return [`${type} ${path}`, Object.fromEntries(chosen)] as const;
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Arguments that are not compared: who makes the file, and what Terraform does in which order. */
const NOT_SAID = ["//", "for_each", "depends_on", "lifecycle", "source", "tags_all"];

/** Place of a construct path, whatever the zone or number: what a module's resources are found by. */
function templateOf(path: string): string {
  return path
    .replaceAll(/(cn-north-1|us-gov-west-1|eu-west-1)[abc](?=[/-]|$)/g, "{zone}")
    .replace(/^(appliance\/\{zone\}\/)\d/, "$1{number}")
    .replace(/^(workload\/(?:http|https|ping)-|appliance\/ssh-|bastion\/(?:\{zone\}|https?)-client-)\d$/, "$1{number}");
}

/** A resource of a module by its type and place; fails when the module has none there. */
function blocksOf(module: string): (type: string, path: string) => Loose {
  const { main, places } = buildModule(definition(module)) as Loose as { main: Loose; places: Map<string, string> };
  const blocks = new Map(
    [...places].map(([address, place]) => [`${address.split(".")[0]} ${place}`, address.split(".")]),
  );
  return (type, path) => {
    const [, name] = blocks.get(`${type} ${templateOf(path)}`) ?? [];
    if (name === undefined) throw new Error(`the module ${module} has no ${type} at ${templateOf(path)}`);
    return main.resource[type][name];
  };
}

/** Everything that a stack defines, as `cdk.tf.json` has it. */
function definedBy({ json }: Stack): { type: string; path: string; block: Loose }[] {
  return Object.entries<Loose>(json.resource).flatMap(([type, byId]) =>
    Object.values<Loose>(byId).map((block) => ({
      type,
      block,
      path: block["//"].metadata.path.split("/").slice(1).join("/"),
    })),
  );
}

function argumentsIn(stack: Stack, module: string) {
  const blockOf = blocksOf(module);
  const defined = new Map(definedBy(stack).map(({ type, path, block }) => [`${type} ${path}`, block]));
  return (path: string, type: string): string[] => {
    const names = [...Object.keys(defined.get(`${type} ${path}`) ?? {}), ...Object.keys(blockOf(type, path))];
    return [...new Set(names)].filter((it) => !NOT_SAID.includes(it)).sort();
  };
}

describe.each(SCENARIO_NAMES)("the module %s", (scenario) => {
  test("plans what the stack plans, for any configuration", async () => {
    const inputs = fc.sample(configurations, { numRuns: 2, seed: 20261122 });
    const stacks = inputs.map((it) =>
      stackOf(scenario, scenario === "squid-bastion" ? { ...it, appliance: { ...it.appliance, perZone: 1 } } : it),
    );
    const taken = new Set(definition(scenario).variables.map(({ name }) => name));
    const calls = stacks.flatMap(({ configuration }, index) => {
      const all = Object.entries(variables(configuration) as Record<string, unknown>);
      const own = Object.fromEntries(all.filter(([name]) => taken.has(name)));
      return [
        [`stack_${index}`, { source: `./stack-${index}` }],
        [`module_${index}`, { source: `./modules/${scenario}`, ...own }],
      ] as const;
    });
    const files = {
      "main.tf.json": JSON.stringify({ module: Object.fromEntries(calls), provider: { aws: { region: "eu-west-1" } } }),
      ...Object.fromEntries(stacks.map(({ json }, index) => [`stack-${index}/main.tf.json`, JSON.stringify(json)])),
    };
    const plans = await withModules(files, planned);
    stacks.forEach((stack, index) => {
      const { workload, appliance } = stack.configuration;
      const lists = [workload?.inboundCidrs, appliance?.managementCidrs] as (string[] | undefined)[];
      const rank = (cidr: string) => Math.max(...lists.map((list) => list?.indexOf(cidr) ?? -1)) + 1;
      const names = argumentsIn(stack, scenario);
      const ofStack = (plans.get(`stack_${index}`) ?? []).map((it) => [pathInStack(stack, it), it] as const);
      const ofModule = (plans.get(`module_${index}`) ?? []).map(
        (it) => [pathInModule(scenario, it, rank), it] as const,
      );
      expect(ofStack.length).toBeGreaterThan(50);
      expect(said(ofModule, names)).toEqual(said(ofStack, names));
      // No plan shows in which order things are replaced.
      const blockOf = blocksOf(scenario);
      const lifeCycles = definedBy(stack).map(({ type, path, block }) => ({
        path,
        stack: block.lifecycle,
        module: blockOf(type, path).lifecycle,
      }));
      expect(lifeCycles.filter((it) => it.stack !== undefined).length).toBeGreaterThan(3);
      expect(lifeCycles.map((it) => [it.path, it.module])).toEqual(lifeCycles.map((it) => [it.path, it.stack]));
    });
  }, 300_000);
});

test("the parts, put together, plan what the stack squid-bastion plans", async () => {
  const zones = ["eu-west-1a", "eu-west-1c"];
  const stack = stackOf("squid-bastion", { zones });
  const parts = {
    client: { source: "./modules/client-vpc", zones },
    inspection: { source: "./modules/inspection-vpc", zones, cidr: "10.2.0.0/24" },
    service: {
      source: "./modules/gateway-load-balancer-service",
      vpc_id: "${module.inspection.vpc_id}",
      zones: "${module.inspection.zones}",
    },
    insertion: {
      source: "./modules/endpoint-insertion",
      vpc_id: "${module.client.vpc_id}",
      internet_gateway_id: "${module.client.internet_gateway_id}",
      service_name: "${module.service.service_name}",
      zones: "${module.client.zones}",
    },
    agent: { source: "./modules/agent-bundle" },
    appliance: {
      source: "./modules/appliance",
      vpc_id: "${module.inspection.vpc_id}",
      zones: "${module.inspection.zones}",
      target_group_arn: "${module.service.target_group_arn}",
      bundle: "${module.agent.bundle}",
      configurations: "${module.bastion.appliance_configurations}",
    },
    bastion: {
      source: "./modules/bastion",
      vpc_id: "${module.inspection.vpc_id}",
      vpc_cidr: "${module.inspection.cidr}",
      internet_gateway_id: "${module.inspection.internet_gateway_id}",
      s3_endpoint_id: "${module.inspection.s3_endpoint_id}",
      zones: "${module.inspection.zones}",
      client_cidrs: ["${module.client.cidr}"],
      bundle: "${module.agent.bundle}",
      appliance_security_group_id: "${module.appliance.security_group_id}",
      appliance_network_interface_ids: "${module.appliance.network_interface_ids}",
    },
  };
  const named = Object.fromEntries(Object.entries(parts).map(([name, call]) => [name, { ...call, name: "test" }]));
  const files = {
    "main.tf.json": JSON.stringify({
      module: { ...named, stack: { source: "./stack" } },
      provider: { aws: { region: "eu-west-1" } },
    }),
    "stack/main.tf.json": JSON.stringify(stack.json).replaceAll('"squid-bastion/', '"test/'),
  };
  const plans = await withModules(files, planned);
  const moduleOf = (name: string) => parts[name as keyof typeof parts].source.replace("./modules/", "");
  const ofParts = Object.keys(parts).flatMap((name) =>
    (plans.get(name) ?? []).map((it) => [pathInModule(moduleOf(name), it, () => 0), it] as const),
  );
  // The parts have no workloads and no flow logs.
  const ofStack = (plans.get("stack") ?? [])
    .map((it) => [pathInStack(stack, it), it] as const)
    .filter(([path]) => !/^(workload|flow-logs)\//.test(path));
  expect(ofStack.length).toBeGreaterThan(60);
  const names = argumentsIn(stack, "squid-bastion");
  expect(said(ofParts, names)).toEqual(said(ofStack, names));
}, 300_000);
