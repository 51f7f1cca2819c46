import { readFileSync } from "node:fs";
import { z } from "zod";
import { Configuration, configurationSchema } from "../../stacks/configuration";
import { parseConfiguration } from "../../stacks/parse-configuration";

const parse = (text: string): Configuration => parseConfiguration("gwlb.yaml", text);

test("an empty file means the article's values", () => {
  expect(parse("")).toMatchObject({
    region: "eu-west-1",
    zones: ["eu-west-1a"],
    clientVpc: { cidr: "10.1.0.0/24" },
    inspectionVpc: { cidr: "10.2.0.0/24" },
    appliance: { perZone: 1, architecture: "arm64", instanceType: "t4g.micro" },
    filter: { rules: [{ name: "drop-http" }], defaultAction: "forward" },
    state: { backend: "local" },
  });
});

test("the repository's file says what an empty one means", () => {
  expect(parse(readFileSync("gwlb.yaml", "utf8"))).toEqual(parse(""));
});

test("the repository's file has every key, each behind a comment", () => {
  const lines = readFileSync("gwlb.yaml", "utf8").split("\n");
  const keyAt = (path: string[]) => {
    const indent = "  ".repeat(path.length - 1);
    const line = lines.findIndex((text) => new RegExp(`^${indent}(# )?${String(path.at(-1))}:`).test(text));
    return { path: path.join("."), present: line >= 0, explained: /^\s*# /.test(lines[line - 1] ?? "") };
  };
  const keys = pathsOf(configurationSchema);
  expect(keys.length).toBeGreaterThan(40);
  expect(keys.map(keyAt).filter(({ present, explained }) => !present || !explained)).toEqual([]);
});

test("a partial file changes what it names and nothing else", () => {
  expect(parse("loadBalancer: { tcpIdleTimeoutSeconds: 600 }")).toEqual({
    ...parse(""),
    loadBalancer: { ...parse("").loadBalancer, tcpIdleTimeoutSeconds: 600 },
  });
});

test("state in S3 needs a bucket and its region", () => {
  expect(parse("state: { backend: s3, bucket: my-state, region: eu-west-2 }").state).toEqual({
    backend: "s3",
    bucket: "my-state",
    region: "eu-west-2",
    keyPrefix: "gwlb-appliance-suite/",
  });
});

test.each([
  [
    "a key that is misspelt",
    "zone: [eu-west-1b]",
    'gwlb.yaml zone: unknown key, got ["eu-west-1b"]; did you mean zones?',
  ],
  [
    "a key that is misspelt further in",
    "clientVpc: { cidrs: 10.1.0.0/24 }",
    'gwlb.yaml clientVpc.cidrs: unknown key, got "10.1.0.0/24"; did you mean cidr?',
  ],
  [
    "a key like no other",
    "flowLogs: { compression: gzip }",
    'gwlb.yaml flowLogs.compression: unknown key, got "gzip"; remove it, or write one of retentionDays, kmsKeyArn',
  ],
  [
    "a key of another state",
    "state: { backend: local, bucket: b }",
    'gwlb.yaml state.bucket: unknown key, got "b"; remove it: it does not go with the keys beside it',
  ],
  [
    "overlapping VPCs",
    "clientVpc: { cidr: 10.2.0.128/25 }",
    "gwlb.yaml: clientVpc.cidr and inspectionVpc.cidr must not overlap, got '10.2.0.128/25' and '10.2.0.0/24'; " +
      "move one: a bastion could not tell the clients from its own network",
  ],
  [
    "a VPC without room for its zones",
    "clientVpc: { cidr: 10.1.0.0/27 }\nzones: [eu-west-1b]",
    "gwlb.yaml clientVpc: cidr must hold subnets of /28 for workload and endpoint of zone 'eu-west-1b', " +
      "got '10.1.0.0/27', which has room for zones a to a; use a larger cidr or a larger subnetPrefixLength",
  ],
  [
    "an inspection VPC without room for its zones",
    "inspectionVpc: { cidr: 10.2.0.0/24, subnetPrefixLength: 26 }\nzones: [eu-west-1a, eu-west-1c]",
    "gwlb.yaml inspectionVpc: cidr must hold subnets of /26 for appliance and bastion of zone 'eu-west-1c', " +
      "got '10.2.0.0/24', which has room for zones a to b; use a larger cidr or a larger subnetPrefixLength",
  ],
  [
    "more appliances than a subnet has addresses for, while they are replaced",
    "appliance: { perZone: 6 }",
    "gwlb.yaml appliance: perZone must be at most 5 in a subnet of /28, which holds every appliance and its replacement, " +
      "got 6; lower it, or set inspectionVpc.subnetPrefixLength to a smaller number",
  ],
  [
    "something else than a CIDR",
    "inspectionVpc: { cidr: ten }",
    "gwlb.yaml inspectionVpc: cidr must be an IPv4 CIDR, got 'ten'; write an address and a prefix length, 10.1.0.0/24",
  ],
  [
    "a zone twice",
    "zones: [eu-west-1a, eu-west-1a]",
    "gwlb.yaml: zones must differ, got 'eu-west-1a' twice; remove one",
  ],
  ["no zone", "zones: []", "gwlb.yaml zones: wrong number of entries, got []; write at least 1"],
  [
    "a zone of another region",
    "region: eu-west-2",
    "gwlb.yaml: zones must be of region 'eu-west-2', got 'eu-west-1a'; change zones, or set region to eu-west-1",
  ],
  [
    "zones of two regions",
    "zones: [eu-west-1a, us-east-1a]",
    "gwlb.yaml: zones must be of one region, got 'us-east-1a' beside 'eu-west-1a'; keep those of eu-west-1",
  ],
  ...["appliance", "workload", "squidBastion"].map((machine) => [
    `an instance type of another architecture for ${machine}`,
    `${machine}: { instanceType: t3.micro }`,
    `gwlb.yaml ${machine}: instanceType must be of architecture arm64, got 't3.micro', which is x86_64; ` +
      "use a type like t4g.micro, or set architecture to x86_64",
  ]),
  [
    "a rule that can never match",
    `filter:
      rules:
        - { name: all-tcp, match: { protocol: tcp }, action: drop }
        - { name: web, match: { protocol: tcp, destinationPorts: [443] }, action: drop }`,
    "gwlb.yaml filter: rules[1] must be able to match, got 'web', whose packets 'all-tcp' match first; " +
      "remove it, or move it up",
  ],
  [
    "two rules of one name",
    `filter:
      rules:
        - { name: web, match: { protocol: tcp }, action: drop }
        - { name: web, match: { protocol: udp }, action: drop }`,
    'gwlb.yaml filter rules[1].name: the name of rules[0] again, got "web"; name it otherwise',
  ],
  [
    "a value out of range",
    "loadBalancer: { tcpIdleTimeoutSeconds: 9000 }",
    "gwlb.yaml loadBalancer.tcpIdleTimeoutSeconds: out of range, got 9000; write at most 6000",
  ],
  [
    "a tag value that IAM refuses",
    "tags: { owner: 'R&D' }",
    'gwlb.yaml tags.owner: not a tag value of IAM, got "R&D"; write at most 256 letters, digits, spaces and _.:/=+@-',
  ],
  [
    "too many tags",
    "tags: { a: x, b: x, c: x, d: x, e: x, f: x, g: x }",
    'gwlb.yaml tags: too many tags, got {"a":"x","b":"x","c":"x","d":"x","e":"x","f":"x","g":"x"}; ' +
      "keep 6: an object in S3 has ten at most, and four are taken",
  ],
  [
    "a tag that is AWS's",
    "tags: { 'aws:owner': me }",
    'gwlb.yaml tags["aws:owner"]: not a tag key, got "aws:owner"; write 1 to 128 letters, digits and _.:/=+@-, not aws: first',
  ],
  [
    "an inbound CIDR with host bits",
    "workload: { inboundCidrs: [192.0.2.1/24] }",
    'gwlb.yaml workload.inboundCidrs[0]: a CIDR with host bits set, got "192.0.2.1/24"; write 192.0.2.0/24',
  ],
  [
    "management by everybody",
    "appliance: { managementCidrs: [192.0.2.0/28, 0.0.0.0/0] }",
    "gwlb.yaml appliance: managementCidrs must be of /5 or longer, not everybody or a large part, got '0.0.0.0/0'; write the networks that you come from, or leave it empty: Session Manager needs no rule",
  ],
  [
    "something else than an SSM parameter",
    "appliance: { amiParameter: ami-0a }",
    'gwlb.yaml appliance.amiParameter: not an SSM parameter, got "ami-0a"; begin its name with /',
  ],
  [
    "something else than a key's ARN",
    "flowLogs: { kmsKeyArn: 1234 }",
    "gwlb.yaml flowLogs.kmsKeyArn: wrong type, got 1234; write a text in quotes",
  ],
  [
    "a domain that Squid cannot compare with",
    "squidBastion: { deniedDomains: [Example.com] }",
    "gwlb.yaml squidBastion.deniedDomains[0]: must be a lower-case name, as 'example.com', or '.example.com' for it " +
      'and every name below it, got "Example.com"; correct it',
  ],
  ["something else than a mapping", "- region", 'gwlb.yaml: wrong type, got ["region"]; write an object in { }'],
  [
    "something else than YAML",
    "region: [eu-west-1",
    "gwlb.yaml: must be YAML, got Flow sequence in block collection must be sufficiently indented and end with a ] " +
      "at line 1, column 19:; correct that line",
  ],
  [
    "a key twice",
    "region: eu-west-1\nregion: eu-west-2",
    "gwlb.yaml: must be YAML, got Map keys must be unique at line 2, column 1:; correct that line",
  ],
])("fails with %s", (_, text, message) => {
  expect(() => parse(String(text))).toThrow(new Error(message));
});

test("fails with every wrong key at once, a line each", () => {
  expect(() => parse("zone: x\nclientVpc: { cidrs: y }")).toThrow(
    new Error(
      [
        'gwlb.yaml clientVpc.cidrs: unknown key, got "y"; did you mean cidr?',
        'gwlb.yaml zone: unknown key, got "x"; did you mean zones?',
      ].join("\n"),
    ),
  );
});

/** Every key of a schema, as the names that lead to it. */
function pathsOf(schema: z.core.$ZodType): string[][] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return pathsOf(schema.unwrap());
  }
  if (schema instanceof z.ZodDiscriminatedUnion) return schema.options.flatMap(pathsOf);
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.core.$ZodType>).flatMap(([key, member]) => [
    [key],
    ...pathsOf(member).map((path) => [key, ...path]),
  ]);
}
