import { DataAwsAmi } from "@cdktf/provider-aws/lib/data-aws-ami";
import { DataAwsSsmParameter } from "@cdktf/provider-aws/lib/data-aws-ssm-parameter";
import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import { Instance } from "@cdktf/provider-aws/lib/instance";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { LbTargetGroupAttachment } from "@cdktf/provider-aws/lib/lb-target-group-attachment";
import { Route } from "@cdktf/provider-aws/lib/route";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { Subnet } from "@cdktf/provider-aws/lib/subnet";
import { AgentConfiguration } from "../../appliance-agent/src/rules/agent-configuration";
import { filter } from "../../appliance-agent/src/rules/presets/filter";
import { passThrough } from "../../appliance-agent/src/rules/presets/pass-through";
import { squidBastion } from "../../appliance-agent/src/rules/presets/squid-bastion";
import { AgentBundle } from "../../modules/agent-bundle";
import { Appliance, ApplianceProps } from "../../modules/appliance";
import { GatewayLoadBalancerService } from "../../modules/gateway-load-balancer-service";
import { InspectionVpc } from "../../modules/inspection-vpc";
import { managedPoliciesOf, statementsOf, trustOf } from "../support/iam";
import { subnetOf } from "../support/route-walk";
import { allowedIn, allowedOut } from "../support/security-group";
import { Synthesized, SynthesizedResource, allDependencies, referred } from "../support/synth";

const geneveSources = ["10.2.0.0/24"];
const hairpin = (): AgentConfiguration => passThrough({ geneveSources });
const routed = (): AgentConfiguration =>
  squidBastion({ geneveSources, clientCidrs: ["10.1.0.0/24"], bastionAddress: "10.2.0.20" });

function synthesize(props: Partial<ApplianceProps> = {}, zones = ["eu-west-1a"]): Synthesized {
  return new Synthesized((scope) => {
    const vpc = new InspectionVpc(scope, "inspection", { cidr: "10.2.0.0/24", zones });
    const service = new GatewayLoadBalancerService(scope, "service", { vpc });
    const archive = { path: __filename, sha256: "ab".repeat(32) };
    const bundle = new AgentBundle(scope, "bundle", { archive, region: "eu-west-1" });
    new Appliance(scope, "appliance", { vpc, service, bundle, configuration: hairpin, ...props });
  });
}

const zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];

test("each zone has its appliances, in its own subnet and registered with the load balancer", () => {
  const stack = synthesize({ perZone: 2 }, zones);
  const instances = stack.all(Instance);
  const zoneOf = (instance: SynthesizedResource) => subnetOf(stack, instance).attributes["availability_zone"] as string;
  expect(instances.map(zoneOf)).toEqual(zones.flatMap((zone) => [zone, zone]));
  const attachments = stack.all(LbTargetGroupAttachment).map(({ attributes }) => attributes);
  expect(attachments.map(({ target_id }) => referred(target_id as string))).toEqual(instances.map(({ ref }) => ref));
  expect(new Set(attachments.map(({ target_group_arn }) => referred(target_group_arn as string)))).toEqual(
    new Set([stack.only(LbTargetGroup).ref]),
  );
});

test("only the load balancer's subnets reach an appliance, by GENEVE and by the health check", () => {
  const stack = synthesize({}, ["eu-west-1a", "eu-west-1b"]);
  const { ref } = stack.only(SecurityGroup);
  expect(stack.all(Subnet).map(({ attributes }) => attributes["cidr_block"] as string)).toEqual([
    "10.2.0.0/28",
    "10.2.0.32/28",
  ]);
  expect(allowedIn(stack, ref)).toEqual([
    "tcp 8080 from 10.2.0.0/28",
    "tcp 8080 from 10.2.0.32/28",
    "udp 6081 from 10.2.0.0/28",
    "udp 6081 from 10.2.0.32/28",
  ]);
});

test("an appliance sends GENEVE back, which keeps both ports and so is no reply, and asks for packages over HTTPS", () => {
  const stack = synthesize();
  expect(allowedOut(stack, stack.only(SecurityGroup).ref)).toEqual(["tcp 443 to 0.0.0.0/0", "udp 6081 to 10.2.0.0/28"]);
});

test("nobody reaches SSH unless managementCidrs name him, and then port 22 alone; there is no key", () => {
  const withSsh = (managementCidrs?: readonly string[]) => synthesize({ managementCidrs });
  const ofInternet = (stack: Synthesized) =>
    allowedIn(stack, stack.only(SecurityGroup).ref).filter((rule) => !rule.endsWith(" from 10.2.0.0/28"));
  expect(withSsh().only(Instance).attributes).not.toHaveProperty("key_name");
  expect(ofInternet(withSsh())).toEqual([]);
  expect(ofInternet(withSsh(["192.0.2.0/28", "2001:db8::/48"]))).toEqual([
    "tcp 22 from 192.0.2.0/28",
    "tcp 22 from 2001:db8::/48",
  ]);
});

test.each([
  [
    "0.0.0.0/0",
    "test/appliance: managementCidrs must be of /5 or longer, not everybody or a large part, got '0.0.0.0/0'; write the networks that you come from, or leave it empty: Session Manager needs no rule",
  ],
  [
    "::/0",
    "test/appliance: managementCidrs must be of /5 or longer, not everybody or a large part, got '::/0'; write the networks that you come from, or leave it empty: Session Manager needs no rule",
  ],
  [
    "192.0.2.1",
    "test/appliance: managementCidrs must be CIDRs, got '192.0.2.1', an address without a prefix length; write 192.0.2.1/32",
  ],
])("fails for management from %s", (cidr, message) => {
  expect(() => synthesize({ managementCidrs: ["192.0.2.0/28", cidr] })).toThrow(message);
});

test.each([[["0.0.0.0/1", "128.0.0.0/1"]], [["2000::/3"]], [["192.0.2.0/28", "16.0.0.0/4"]]])(
  "fails for management from everybody in pieces: %j; 10.0.0.0/8 and fc00::/7 may be somebody's",
  (managementCidrs) => {
    expect(() => synthesize({ managementCidrs })).toThrow(
      "must be of /5 or longer, not everybody or a large part, got",
    );
    expect(() => synthesize({ managementCidrs: ["10.0.0.0/8", "fc00::/7", "8.0.0.0/5"] })).not.toThrow();
  },
);

test("metadata needs a token and goes no further than the machine; the volume is encrypted", () => {
  const { attributes } = synthesize().only(Instance);
  expect(attributes["metadata_options"]).toEqual({
    http_endpoint: "enabled",
    http_tokens: "required",
    http_put_response_hop_limit: 1,
  });
  expect(attributes["root_block_device"]).toMatchObject({ encrypted: true, volume_type: "gp3" });
});

test("the source/destination check is off only where clients' packets leave un-encapsulated", () => {
  expect(synthesize().only(Instance).attributes["source_dest_check"]).toBe(true);
  expect(synthesize({ configuration: routed }).only(Instance).attributes["source_dest_check"]).toBe(false);
});

test("an appliance may read the program and its own zone's configuration, and be managed", () => {
  const stack = synthesize({}, zones);
  const bucket = stack.only(S3Bucket).ref;
  for (const zone of zones) {
    const profile = stack.at(IamInstanceProfile, `appliance/${zone}/role/profile`);
    const role = String(referred(profile.attributes["role"] as string));
    expect(statementsOf(stack, role)).toEqual([
      {
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: [`\${${bucket}.arn}/agent/${"ab".repeat(32)}.tar`, `\${${bucket}.arn}/agent/${zone}.json`],
      },
    ]);
    expect(managedPoliciesOf(stack, role)).toEqual(["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]);
    expect(trustOf(stack, role)).toEqual([
      { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } },
    ]);
    const instance = stack.at(Instance, `appliance/${zone}/1/instance`);
    expect(referred(instance.attributes["iam_instance_profile"] as string)).toBe(profile.ref);
  }
});

test("an appliance boots when its permissions, its program, its configuration and its way out are there", () => {
  const stack = synthesize();
  const before = allDependencies(stack, stack.only(Instance));
  const [attachment] = stack.all(IamRolePolicyAttachment);
  const wayOut = stack.all(Route).find(({ attributes }) => attributes["gateway_id"] !== undefined);
  for (const needed of [attachment, wayOut, ...stack.all(S3Object)]) expect(before).toContain(needed?.ref);
});

test("a change of the configuration changes an object in place and no instance", () => {
  const before = synthesize({ configuration: () => filter({ geneveSources }) });
  const after = synthesize({ configuration: () => filter({ geneveSources, defaultAction: "drop", rules: [] }) });
  const stored = (stack: Synthesized) => stack.at(S3Object, "bundle/configuration-eu-west-1a");
  expect(stored(after).ref).toBe(stored(before).ref);
  expect(stored(after).attributes["key"]).toBe("agent/eu-west-1a.json");
  expect(stored(after).attributes["content"]).not.toBe(stored(before).attributes["content"]);
  expect(after.only(Instance)).toEqual(before.only(Instance));
  expect(after.json.locals).toEqual(before.json.locals);
});

test("another boot script or image replaces the appliance, and its successor comes first", () => {
  expect(synthesize().only(Instance).attributes).toMatchObject({
    user_data_replace_on_change: true,
    lifecycle: { create_before_destroy: true },
  });
});

test("each zone has the configuration that it is given", () => {
  const stack = synthesize(
    { configuration: (zone) => ({ ...hairpin(), maxFlows: 2048 * (1 + zones.indexOf(zone)) }) },
    zones,
  );
  const maxFlows = zones.map((zone) => {
    const { content } = stack.at(S3Object, `bundle/configuration-${zone}`).attributes;
    return (JSON.parse(content as string) as AgentConfiguration).maxFlows;
  });
  expect(maxFlows).toEqual([2048, 4096, 6144]);
});

test("the image is Amazon Linux 2023's of the architecture, and AWS is asked whether it really is", () => {
  for (const [architecture, instanceType] of [
    ["arm64", "t4g.micro"],
    ["x86_64", "t3.micro"],
  ] as const) {
    const stack = synthesize({ architecture, instanceType });
    const [parameter, image] = stack.dataSources.toSorted((a, b) => b.type.localeCompare(a.type));
    expect(parameter?.type).toBe(DataAwsSsmParameter.tfResourceType);
    expect(parameter?.attributes["name"]).toBe(
      `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`,
    );
    expect(image?.type).toBe(DataAwsAmi.tfResourceType);
    expect(image?.attributes["filter"]).toEqual([
      { name: "image-id", values: [`\${${String(parameter?.ref)}.insecure_value}`] },
      { name: "architecture", values: [architecture] },
    ]);
    // A pinned version is deprecated one day.
    expect(image?.attributes["include_deprecated"]).toBe(true);
  }
});

test("another SSM parameter can name the image", () => {
  const stack = synthesize({ amiParameter: "/golden/appliance:7" });
  expect(stack.dataSources.map(({ attributes }) => attributes["name"] as unknown)).toContain("/golden/appliance:7");
});

test.each([
  [
    { instanceType: "t3.micro" },
    "test/appliance: instanceType must be of architecture arm64, got 't3.micro', which is x86_64; " +
      "use a type like t4g.micro, or set architecture to x86_64",
  ],
  [{ perZone: 0 }, "test/appliance: perZone must be a whole number from 1 to 20, got 0; use 1 or 2"],
  [
    { configuration: () => passThrough({ geneveSources: ["10.2.0.0/29", "192.0.2.0/24"] }) },
    "test/appliance: configuration of zone 'eu-west-1a' must take GENEVE from 10.2.0.0/28, " +
      "got geneveSources 10.2.0.0/29, 192.0.2.0/24; pass the service's sourceCidrs",
  ],
  [
    { configuration: () => passThrough({ geneveSources, healthPort: 9000 }) },
    "test/appliance: configuration of zone 'eu-west-1a' must answer the health check on port 8080, got 9000; " +
      "pass the service's healthCheckPort",
  ],
  [
    { configuration: () => passThrough({ geneveSources, tcpIdleTimeoutSeconds: 60 }) },
    "test/appliance: configuration of zone 'eu-west-1a' must remember a flow longer than the listener's 350 seconds, " +
      "got 70; pass the service's tcpIdleTimeoutSeconds",
  ],
])("fails with %o", (props, message) => {
  expect(() => synthesize(props)).toThrow(new Error(message));
});
