import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile";
import { Instance } from "@cdktf/provider-aws/lib/instance";
import { InternetGateway } from "@cdktf/provider-aws/lib/internet-gateway";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { BridgeConfiguration } from "../../appliance-agent/src/proxy-bridge/bridge-configuration";
import { AgentConfiguration } from "../../appliance-agent/src/rules/agent-configuration";
import { squidBastion } from "../../appliance-agent/src/rules/presets/squid-bastion";
import { AgentBundle } from "../../modules/agent-bundle";
import { Appliance } from "../../modules/appliance";
import { GatewayLoadBalancerService } from "../../modules/gateway-load-balancer-service";
import { InspectionVpc } from "../../modules/inspection-vpc";
import { SquidBastion, SquidBastionProps } from "../../modules/squid-bastion";
import { statementsOf } from "../support/iam";
import { nextHop, subnetOf, subnetWith } from "../support/route-walk";
import { allowedIn, allowedOut } from "../support/security-group";
import { Synthesized, allDependencies, referred } from "../support/synth";

const clientCidrs = ["10.1.0.0/24"];
const zones = ["eu-west-1a", "eu-west-1b"];

function synthesize(props: Partial<SquidBastionProps> = {}, perZone = 1): Synthesized {
  return new Synthesized((scope) => {
    const vpc = new InspectionVpc(scope, "inspection", { cidr: "10.2.0.0/24", zones });
    const service = new GatewayLoadBalancerService(scope, "service", { vpc });
    const archive = { path: __filename, sha256: "ab".repeat(32) };
    const bundle = new AgentBundle(scope, "bundle", { archive, region: "eu-west-1" });
    const bastion = new SquidBastion(scope, "bastion", { vpc, bundle, clientCidrs, ...props });
    const configuration = (zone: string) =>
      squidBastion({ geneveSources: service.sourceCidrs, clientCidrs, bastionAddress: bastion.addressIn(zone) });
    const appliance = new Appliance(scope, "appliance", { vpc, service, bundle, configuration, perZone });
    bastion.connectAppliances(appliance);
  });
}

describe.each(zones)("in %s", (zone) => {
  const stack = synthesize();
  const bastion = stack.at(Instance, `bastion/${zone}/bastion/instance`);
  const appliance = stack.at(Instance, `appliance/${zone}/1/instance`);

  test("the appliance is told the address that the bastion has, in a subnet of the same zone", () => {
    const stored = stack.at(S3Object, `bundle/configuration-${zone}`).attributes["content"] as string;
    const { underlayDestinations } = JSON.parse(stored) as AgentConfiguration;
    const address = bastion.attributes["private_ip"] as string;
    expect(underlayDestinations).toEqual([`${address}/32`]);
    expect(subnetWith(stack, subnetOf(stack, bastion).ref, address)).toEqual(subnetOf(stack, bastion));
    expect(subnetOf(stack, bastion).attributes["availability_zone"]).toBe(zone);
  });

  test("an answer to a client goes back by the zone's appliance, everything else by the internet gateway", () => {
    const subnet = subnetOf(stack, bastion).ref;
    expect(nextHop(stack, subnet, "10.1.0.7")).toBe(appliance.ref);
    expect(nextHop(stack, subnet, "192.0.2.1")).toBe(stack.only(InternetGateway).ref);
    expect(nextHop(stack, subnetOf(stack, appliance).ref, bastion.attributes["private_ip"] as string)).toBe("local");
  });

  test("the appliance may pass on clients' packets, the bastion sends and receives its own only", () => {
    expect(appliance.attributes["source_dest_check"]).toBe(false);
    expect(bastion.attributes["source_dest_check"]).toBe(true);
  });

  test("the bastion may read the program and the bridge's configuration", () => {
    const profile = stack.at(IamInstanceProfile, `bastion/${zone}/role/profile`);
    const bucket = stack.only(S3Bucket).ref;
    expect(statementsOf(stack, String(referred(profile.attributes["role"] as string)))).toEqual([
      {
        Effect: "Allow",
        Action: "s3:GetObject",
        Resource: [`\${${bucket}.arn}/agent/${"ab".repeat(32)}.tar`, `\${${bucket}.arn}/agent/bridge.json`],
      },
    ]);
  });
});

test("clients' own addresses, and the appliances that probe, reach the bridge; nobody reaches Squid or SSH", () => {
  const stack = synthesize();
  const group = stack.at(SecurityGroup, "bastion/security-group").ref;
  const appliances = stack.at(SecurityGroup, "appliance/security-group").ref;
  expect(allowedIn(stack, group)).toEqual([
    "tcp 3180 from 10.1.0.0/24",
    `tcp 3180 from ${appliances}`,
    "tcp 3443 from 10.1.0.0/24",
    `tcp 3443 from ${appliances}`,
  ]);
  expect(allowedOut(stack, group)).toEqual(["tcp 443 to 0.0.0.0/0", "tcp 80 to 0.0.0.0/0"]);
});

test("appliances reach the bridges; the answers are replies, which a security group lets in by itself", () => {
  const stack = synthesize();
  const appliances = stack.at(SecurityGroup, "appliance/security-group").ref;
  const addresses = zones.map(
    (zone) => stack.at(Instance, `bastion/${zone}/bastion/instance`).attributes["private_ip"] as string,
  );
  const towardsBastions = allowedOut(stack, appliances).filter((rule) => !/ (443|6081) /.test(rule));
  expect(towardsBastions).toEqual(
    addresses.flatMap((address) => [`tcp 3180 to ${address}/32`, `tcp 3443 to ${address}/32`]).sort(),
  );
  expect(
    allowedIn(stack, appliances).every((rule) => /^(udp 6081|tcp 8080) from 10\.2\.0\.(0|32)\/28$/.test(rule)),
  ).toBe(true);
});

test("the domains reach the bridges in one object, and a change of them replaces no bastion", () => {
  const before = synthesize({ deniedDomains: ["example.com"] });
  const after = synthesize({ deniedDomains: [".example.net"], allowedDomains: ["example.org"] });
  const stored = (stack: Synthesized) =>
    JSON.parse(
      stack.at(S3Object, "bundle/bridge-configuration").attributes["content"] as string,
    ) as BridgeConfiguration;
  expect(stored(before)).toMatchObject({ clientCidrs, deniedDomains: ["example.com"] });
  expect(stored(before)).not.toHaveProperty("allowedDomains");
  expect(stored(after)).toMatchObject({ deniedDomains: [".example.net"], allowedDomains: ["example.org"] });
  expect(after.all(Instance)).toEqual(before.all(Instance));
  expect(after.json.locals).toEqual(before.json.locals);
});

test("no client reaches the VPCs through Squid", () => {
  const lines = Object.entries(synthesize().json.locals as Record<string, string[]>)
    .filter(([name]) => name.startsWith("bastion"))
    .flatMap(([, text]) => text);
  expect(lines.filter((line) => line.startsWith("acl never_reached dst")).join()).toContain("10.2.0.0/24 10.1.0.0/24");
});

// A successor that starts first would find the address taken, and Terraform makes so whatever such a resource needs.
test("a bastion's fixed address is free before its successor starts", () => {
  const stack = synthesize();
  const first = stack.resources.filter(({ attributes }) => attributes["lifecycle"]?.create_before_destroy === true);
  expect(first.length).toBeGreaterThan(0);
  for (const bastion of stack.all(Instance).filter(({ path }) => path.startsWith("bastion/"))) {
    expect(bastion.attributes["private_ip"]).toBeDefined();
    expect(first.map(({ ref }) => ref)).not.toContain(bastion.ref);
    for (const resource of first) expect(allDependencies(stack, resource)).not.toContain(bastion.ref);
  }
});

test.each([
  [
    "two appliances in a zone",
    () => synthesize({}, 2),
    "test/bastion: zone 'eu-west-1a' must have exactly one appliance, got 2; " +
      "set appliance.perZone to 1 and give appliances and bastions the same zones",
  ],
  [
    "an instance type of another architecture",
    () => synthesize({ instanceType: "t3.micro" }),
    "test/bastion: instanceType must be of architecture arm64, got 't3.micro', which is x86_64; " +
      "use a type like t4g.micro, or set architecture to x86_64",
  ],
  [
    "a domain that Squid cannot compare with",
    () => synthesize({ deniedDomains: ["https://example.com"] }),
    `test/bastion: deniedDomains.0: must be a lower-case name, as 'example.com', or '.example.com' for it and every ` +
      `name below it, got "https://example.com"; correct it`,
  ],
  [
    "a zone without bastion",
    () =>
      new Synthesized((scope) => {
        const vpc = new InspectionVpc(scope, "inspection", { cidr: "10.2.0.0/24", zones });
        const archive = { path: __filename, sha256: "ab".repeat(32) };
        const bundle = new AgentBundle(scope, "bundle", { archive, region: "eu-west-1" });
        new SquidBastion(scope, "bastion", { vpc, bundle, clientCidrs }).addressIn("eu-west-1c");
      }),
    "test/bastion: no bastion in zone 'eu-west-1c', got bastions in eu-west-1a, eu-west-1b; add the zone to the VPC",
  ],
])("fails with %s", (_, act, message) => {
  expect(act).toThrow(new Error(message));
});
