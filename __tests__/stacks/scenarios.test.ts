import { Instance } from "@cdktf/provider-aws/lib/instance";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { LbTargetGroupAttachment } from "@cdktf/provider-aws/lib/lb-target-group-attachment";
import { Route } from "@cdktf/provider-aws/lib/route";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint";
import { VpcEndpointService } from "@cdktf/provider-aws/lib/vpc-endpoint-service";
import { bridgeConfigurationSchema } from "../../appliance-agent/src/proxy-bridge/bridge-configuration";
import { agentConfigurationSchema } from "../../appliance-agent/src/rules/agent-configuration";
import { nextHop, subnetOf } from "../support/route-walk";
import { SCENARIO_NAMES, synthesizeScenario } from "../support/scenarios";
import { Synthesized, allDependencies, referred } from "../support/synth";

const ZONES = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];

/** Types that AWS gives no tags. */
const WITHOUT_TAGS = [
  "aws_iam_role_policy",
  "aws_iam_role_policy_attachment",
  "aws_lb_target_group_attachment",
  "aws_route",
  "aws_route_table_association",
  "aws_s3_bucket_lifecycle_configuration",
  "aws_s3_bucket_policy",
  "aws_s3_bucket_public_access_block",
  "aws_s3_bucket_server_side_encryption_configuration",
  "aws_s3_bucket_versioning",
  "aws_vpc_endpoint_route_table_association",
];

/** Agent configuration of each zone, as the appliances read it. */
const agentConfigurations = (stack: Synthesized) =>
  stack
    .all(S3Object)
    .filter(({ attributes }) => /^agent\/[a-z0-9-]+\d[a-z]\.json$/.test(attributes["key"] as string))
    .map(({ attributes }) => agentConfigurationSchema.parse(JSON.parse(attributes["content"] as string)));

describe.each(SCENARIO_NAMES)("%s", (scenario) => {
  const stack = synthesizeScenario(scenario);

  describe.each([1, 2, 3])("in %i zones", (count) => {
    const zones = ZONES.slice(0, count);
    const wide = synthesizeScenario(scenario, `zones: [${zones.join(", ")}]`);
    const gateway = wide.at(InternetGateway, "client/internet-gateway").ref;

    test.each(zones)("a client of %s meets the same endpoint on the way out and on the way back", (zone) => {
      const client = subnetOf(wide, wide.at(Instance, `workload/${zone}/client/instance`));
      const endpoint = wide.at(VpcEndpoint, `insertion/${zone}/endpoint`);
      const endpointSubnet = subnetOf(wide, endpoint);
      expect([client, endpointSubnet].map(({ attributes }) => attributes["availability_zone"] as string)).toEqual([
        zone,
        zone,
      ]);
      const cidr = client.attributes["cidr_block"] as string;
      expect([nextHop(wide, client.ref, "192.0.2.1"), nextHop(wide, endpointSubnet.ref, "192.0.2.1")]).toEqual([
        endpoint.ref,
        gateway,
      ]);
      expect([nextHop(wide, gateway, cidr), nextHop(wide, endpointSubnet.ref, cidr)]).toEqual([endpoint.ref, "local"]);
    });

    test("the load balancer has a subnet in each zone, and each zone an appliance in it", () => {
      const subnets = (wide.only(Lb).attributes["subnets"] as string[]).map((id) =>
        wide.resource(String(referred(id))),
      );
      expect(subnets.map(({ attributes }) => attributes["availability_zone"] as string)).toEqual(zones);
      const appliances = zones.map((zone) => wide.at(Instance, `appliance/${zone}/1/instance`));
      expect(appliances.map((appliance) => subnetOf(wide, appliance))).toEqual(subnets);
    });

    test("agents take GENEVE from the load balancer's subnets and nobody else", () => {
      const cidrs = (wide.only(Lb).attributes["subnets"] as string[]).map(
        (id) => wide.resource(String(referred(id))).attributes["cidr_block"] as string,
      );
      const configurations = agentConfigurations(wide);
      expect(configurations).toHaveLength(count);
      for (const { geneveSources } of configurations) expect(geneveSources).toEqual(cidrs);
    });
  });

  test("a zone that is added replaces nothing: what differs can be changed in place", () => {
    const two = synthesizeScenario(scenario, "zones: [eu-west-1a, eu-west-1b]");
    const changed = stack.resources.flatMap((before) => {
      const after = two.resource(before.ref);
      const names = Object.keys({ ...before.attributes, ...after.attributes });
      return names
        .filter((name) => JSON.stringify(before.attributes[name]) !== JSON.stringify(after.attributes[name]))
        .map((name) => `${before.type}.${name}`);
    });
    expect([...new Set(changed)].sort()).toEqual(["aws_lb.subnets", "aws_s3_object.content"]);
    expect(two.resources.length).toBeGreaterThan(stack.resources.length);
  });

  test("every subnet has exactly one route table", () => {
    const associated = stack
      .all(RouteTableAssociation)
      .map(({ attributes }) => referred(attributes["subnet_id"] as string | undefined))
      .filter((ref) => ref !== undefined);
    expect(associated.sort()).toEqual(
      stack
        .all(Subnet)
        .map(({ ref }) => ref)
        .sort(),
    );
  });

  test("route, endpoint, service, listener, load balancer: destroyed in this order, made in the other", () => {
    const order = [
      ...stack.all(Route).filter(({ attributes }) => attributes["vpc_endpoint_id"] !== undefined),
      stack.at(VpcEndpoint, "insertion/eu-west-1a/endpoint"),
      stack.only(VpcEndpointService),
      stack.only(LbListener),
      stack.only(Lb),
    ];
    const [out, back, ...rest] = order;
    expect(rest).toHaveLength(4);
    for (const route of [out, back]) {
      const before = route && allDependencies(stack, route);
      for (const { ref } of rest) expect(before).toContain(ref);
    }
    rest.slice(1).forEach((later, index) => {
      const earlier = rest[index];
      if (earlier === undefined) throw new Error("no earlier resource");
      expect(allDependencies(stack, earlier)).toContain(later.ref);
    });
  });

  test("everything that can have tags has a name, and the provider tags everything", () => {
    const untagged = stack.resources.filter(({ attributes }) => attributes["tags"]?.Name === undefined);
    expect([...new Set(untagged.map(({ type }) => type))].filter((type) => !WITHOUT_TAGS.includes(type))).toEqual([]);
    expect(untagged.length).toBeLessThan(stack.resources.length / 2);
    for (const { attributes } of stack.all(Instance)) {
      expect(attributes["root_block_device"]).toHaveProperty("tags.Name");
    }
    const tagged = synthesizeScenario(scenario, "tags: { Owner: network }");
    expect(tagged.json.provider.aws[0].default_tags[0].tags).toEqual({
      Project: "gwlb-appliance-suite",
      Scenario: scenario,
      ManagedBy: "terraform",
      Owner: "network",
    });
  });

  test("every rule of a security group, and every group, says why it is there in letters that AWS accepts", () => {
    const open = synthesizeScenario(
      scenario,
      "{ workload: { inboundCidrs: [192.0.2.0/24, '2001:db8::/32'] }, appliance: { managementCidrs: [192.0.2.0/24] } }",
    );
    const described = open.resources.filter(({ type }) =>
      /security_group_(in|e)gress_rule$|^aws_security_group$/.test(type),
    );
    expect(described.length).toBeGreaterThan(8);
    for (const { ref, attributes } of described) {
      expect([ref, attributes["description"]]).toEqual([
        ref,
        expect.stringMatching(/^[A-Za-z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/),
      ]);
    }
  });

  test("no way in from the internet by default, and none for SSH ever", () => {
    const ingress = (of: Synthesized) =>
      of.resources
        .filter(({ type }) => type === "aws_vpc_security_group_ingress_rule")
        .map(({ attributes }) => attributes);
    const sources = (of: Synthesized) => ingress(of).map(({ cidr_ipv4 }) => cidr_ipv4 as string | undefined);
    expect(sources(stack)).not.toContain("0.0.0.0/0");
    const open = synthesizeScenario(scenario, "workload: { inboundCidrs: [0.0.0.0/0] }");
    expect(sources(open)).toContain("0.0.0.0/0");
    const spansSsh = ingress(open).filter(
      ({ ip_protocol, from_port, to_port }) => ip_protocol === "tcp" && from_port <= 22 && to_port >= 22,
    );
    expect(spansSsh).toEqual([]);
  });

  test("no machine has a key, an open metadata service or a readable disk", () => {
    expect(stack.all(Instance).length).toBeGreaterThanOrEqual(2);
    for (const { attributes } of stack.all(Instance)) {
      expect(attributes).not.toHaveProperty("key_name");
      expect(attributes["metadata_options"]).toMatchObject({ http_tokens: "required", http_put_response_hop_limit: 1 });
      expect(attributes["root_block_device"]).toMatchObject({ encrypted: true, volume_type: "gp3" });
    }
  });

  test("agents outlive the listener's idle timeout, and answer where the load balancer asks", () => {
    const yaml = "loadBalancer: { tcpIdleTimeoutSeconds: 600, healthCheckPort: 9100 }";
    for (const of of [stack, synthesizeScenario(scenario, yaml)]) {
      const idle = of.only(LbListener).attributes["tcp_idle_timeout_seconds"] as number;
      const port = of.only(LbTargetGroup).attributes["health_check"].port as string;
      for (const { flowIdleSeconds, health } of agentConfigurations(of)) {
        expect(flowIdleSeconds).toBe(idle + 10);
        expect(String(health.port)).toBe(port);
      }
    }
  });

  test("state is beside the project, or in S3, encrypted and locked", () => {
    expect(stack.json.terraform.backend).toEqual({ local: { path: `../../../terraform.${scenario}.tfstate` } });
    const remote = synthesizeScenario(scenario, "state: { backend: s3, bucket: my-state, region: eu-west-2 }");
    expect(remote.json.terraform.backend).toEqual({
      s3: {
        bucket: "my-state",
        region: "eu-west-2",
        key: `gwlb-appliance-suite/${scenario}.tfstate`,
        encrypt: true,
        use_lockfile: true,
      },
    });
  });

  test("the outputs name the endpoints, the service, the machines, and how to look at what they do", () => {
    const { output } = stack.json;
    expect(Object.keys(output).sort()).toEqual([
      "appliance_instance_ids",
      "client_instance_ids",
      "endpoint_ids",
      "service_name",
      "watch",
    ]);
    const watched = scenario === "squid-bastion" ? "bastion/eu-west-1a/bastion" : "appliance/eu-west-1a/1";
    const { ref } = stack.at(Instance, `${watched}/instance`);
    expect(output.watch.value).toEqual([
      expect.stringMatching(
        new RegExp(`^aws ssm start-session --region eu-west-1 --target \\$\\{${ref}\\.id\\} --document-name AWS-Start`),
      ),
    ]);
    expect(referred(output.endpoint_ids.value["eu-west-1a"] as string)).toBe(
      stack.at(VpcEndpoint, "insertion/eu-west-1a/endpoint").ref,
    );
  });
});

test.each([
  ["pass-through", "passThrough", "hairpin"],
  ["tc-filter", "filter", "hairpin"],
  ["squid-bastion", "squidBastion", "routed"],
] as const)("%s runs the preset %s in %s mode", (scenario, preset, mode) => {
  expect(agentConfigurations(synthesizeScenario(scenario))).toMatchObject([{ preset, mode }]);
});

test("tc-filter drops HTTP by default, and what the file's rules say instead", () => {
  const rulesOf = (yaml: string) =>
    agentConfigurations(synthesizeScenario("tc-filter", yaml)).map(({ rules }) => rules);
  expect(rulesOf("")).toMatchObject([[{ match: { protocol: "tcp", destinationPorts: [80] }, action: "drop" }]]);
  expect(
    rulesOf("filter: { rules: [{ name: no-dns, match: { protocol: udp, destinationPorts: [53] }, action: drop }] }"),
  ).toMatchObject([[{ name: "no-dns" }]]);
});

test("the bridge of squid-bastion outlives the listener's idle timeout too", () => {
  const idleSeconds = (yaml: string) => {
    const { content } = synthesizeScenario("squid-bastion", yaml).at(
      S3Object,
      "bundle/bridge-configuration",
    ).attributes;
    return bridgeConfigurationSchema.parse(JSON.parse(content as string)).timeouts.idleSeconds;
  };
  expect([idleSeconds(""), idleSeconds("loadBalancer: { tcpIdleTimeoutSeconds: 3600 }")]).toEqual([360, 3610]);
});

test("two appliances in a zone are for the scenarios that can have them: squid-bastion keeps one, and stops no other", () => {
  const appliances = SCENARIO_NAMES.map(
    (scenario) => synthesizeScenario(scenario, "appliance: { perZone: 2 }").all(LbTargetGroupAttachment).length,
  );
  expect(appliances).toEqual([2, 2, 1]);
});
