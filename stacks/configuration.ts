import { z } from "zod";
import { bridgeConfigurationSchema } from "../appliance-agent/src/proxy-bridge/bridge-configuration";
import { MAX_RULES } from "../appliance-agent/src/rules/agent-configuration";
import { DROP_HTTP } from "../appliance-agent/src/rules/presets/filter";
import { ACTIONS, cidrSchema, ruleSchema } from "../appliance-agent/src/rules/rule";
import { RETENTION_DAYS } from "../modules/flow-logs";

/** Tags of one object in S3 are ten at most; three are the scenario's and one is `Name`. */
const MAX_OWN_TAGS = 6;

const subnetPrefixLength = z.int().min(16).max(28).optional();

const architecture = z.enum(["arm64", "x86_64"]).default("arm64");
const instanceType = z.string().default("t4g.micro");
const amiParameter = z.string().startsWith("/", "not an SSM parameter; begin its name with /").optional();

/** Everything that a user of the scenarios can choose; what is left out has the default that stands here. */
export const configurationSchema = z.strictObject({
  /** AWS region of everything. */
  region: z.string().default("eu-west-1"),
  /** Availability Zones of `region`. More may be added later; none can be removed, because AWS removes no subnet of a GWLB. */
  zones: z.array(z.string()).min(1).default(["eu-west-1a"]),
  /** Tags of everything, besides Project, Scenario, ManagedBy and Name. */
  tags: z
    .record(
      z
        .string()
        .regex(
          /^(?!aws:)[\w .:/=+@-]{1,128}$/,
          "not a tag key; write 1 to 128 letters, digits and _.:/=+@-, not aws: first",
        ),
      // What IAM and S3 take; EC2 would take more. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
      z
        .string()
        .regex(
          /^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$/u,
          "not a tag value of IAM; write at most 256 letters, digits, spaces and _.:/=+@-",
        ),
    )
    .refine((tags) => Object.keys(tags).length <= MAX_OWN_TAGS, {
      error: `too many tags; keep ${String(MAX_OWN_TAGS)}: an object in S3 has ten at most, and four are taken`,
    })
    .default({}),
  /** The VPC whose traffic is inspected. */
  clientVpc: z
    .strictObject({
      /** IPv4 CIDR, /16 to /28. */
      cidr: z.string().default("10.1.0.0/24"),
      /** Prefix length of every subnet, /16 to /28. @default - a sixteenth of the VPC, at least a /28 */
      subnetPrefixLength,
    })
    .prefault({}),
  /** The VPC of the appliances. */
  inspectionVpc: z
    .strictObject({
      /** IPv4 CIDR, /16 to /28; shares no address with the other VPC. */
      cidr: z.string().default("10.2.0.0/24"),
      /** Prefix length of every subnet, /16 to /28. @default - a sixteenth of the VPC, at least a /28 */
      subnetPrefixLength,
    })
    .prefault({}),
  /** The Gateway Load Balancer. */
  loadBalancer: z
    .strictObject({
      /** Seconds of silence after which a TCP flow is forgotten, 60 to 6000; the agent's own timeout follows it. */
      tcpIdleTimeoutSeconds: z.int().min(60).max(6000).default(350),
      /** Whether packets may go to an appliance of another zone, at a price per gigabyte. */
      crossZone: z.enum(["within-zone", "all-zones"]).default("within-zone"),
      /** What decides which appliance gets a flow. */
      stickiness: z.enum(["5-tuple", "3-tuple", "2-tuple"]).default("5-tuple"),
      /** What happens to the flows of an appliance that fails: they move, or stay and are lost. */
      targetFailover: z.enum(["rebalance", "no_rebalance"]).default("rebalance"),
      /** Whether AWS refuses to delete the load balancer, and any change that would replace it. */
      deletionProtection: z.enum(["protected", "deletable"]).default("deletable"),
      /** TCP port on which every appliance answers `GET /readyz`. */
      healthCheckPort: z.int().min(1).max(65535).default(8080),
      /** Seconds between two probes of one appliance, 5 to 300. */
      healthCheckIntervalSeconds: z.int().min(5).max(300).default(10),
      /** Seconds after which a probe has failed, 2 to 120. */
      healthCheckTimeoutSeconds: z.int().min(2).max(120).default(5),
      /** Probes in a row that make an appliance healthy, 2 to 10. */
      healthyThreshold: z.int().min(2).max(10).default(2),
      /** Probes in a row that make an appliance unhealthy, 2 to 10. */
      unhealthyThreshold: z.int().min(2).max(10).default(2),
    })
    .prefault({}),
  /** The appliances. */
  appliance: z
    .strictObject({
      /** Appliances in each zone, 1 to 20; squid-bastion has 1 whatever stands here. */
      perZone: z.int().min(1).max(20).default(1),
      /** CIDRs, IPv4 or IPv6, that may open SSH connections (TCP port 22) to the appliances; of /5 or longer. */
      managementCidrs: z.array(cidrSchema).default([]),
      /** CPU architecture. */
      architecture,
      /** EC2 instance type of that architecture. */
      instanceType,
      /** SSM parameter with the AMI's id, `:<version>` behind it pins one. @default - the newest Amazon Linux 2023 */
      amiParameter,
    })
    .prefault({}),
  /** The clients: one instance in each zone, to send from and to send to. */
  workload: z
    .strictObject({
      /** CIDRs, IPv4 or IPv6, that may reach the clients' ports 80 and 443 and ping them. */
      inboundCidrs: z.array(cidrSchema).default([]),
      /** CPU architecture. */
      architecture,
      /** EC2 instance type of that architecture. */
      instanceType,
      /** SSM parameter with the AMI's id, `:<version>` behind it pins one. @default - the newest Amazon Linux 2023 */
      amiParameter,
    })
    .prefault({}),
  /** What the appliances of tc-filter do. */
  filter: z
    .strictObject({
      /** Ordered rules, the first that matches decides. */
      rules: z.array(ruleSchema).max(MAX_RULES).default([DROP_HTTP]),
      /** For a packet that no rule matches. */
      defaultAction: z.enum(ACTIONS).default("forward"),
    })
    .prefault({}),
  /** What the appliances and bastions of squid-bastion do. */
  squidBastion: z
    .strictObject({
      /** Destinations that Squid refuses: `example.com`, or `.example.com` for every name below it too. */
      deniedDomains: bridgeConfigurationSchema.shape.deniedDomains,
      /** The only destinations that Squid lets through. @default - every destination */
      allowedDomains: bridgeConfigurationSchema.shape.allowedDomains,
      /** TCP ports of the clients that nobody outside may reach. */
      blockedInboundPorts: z.array(z.int().min(1).max(65535)).default([80]),
      /** HTTP/3 (UDP port 443), which cannot be inspected: `drop` makes clients fall back to TCP. */
      quic: z.enum(["drop", "forward"]).default("drop"),
      /** CPU architecture of the bastions. */
      architecture,
      /** EC2 instance type of that architecture. */
      instanceType,
      /** SSM parameter with the AMI's id, `:<version>` behind it pins one. @default - the newest Amazon Linux 2023 */
      amiParameter,
    })
    .prefault({}),
  /** Flow logs of both VPCs in CloudWatch Logs. */
  flowLogs: z
    .strictObject({
      /** Days for which records are kept. */
      retentionDays: z.literal(RETENTION_DAYS).default(14),
      /** KMS key for the records; its policy must let CloudWatch Logs use it. @default - CloudWatch Logs' own key */
      kmsKeyArn: z.string().startsWith("arn:", "not an ARN; begin it with arn:").optional(),
    })
    .prefault({}),
  /** Where Terraform keeps its state. */
  state: z
    .discriminatedUnion("backend", [
      /** In the project's folder: `terraform.<scenario>.tfstate`. */
      z.strictObject({ backend: z.literal("local") }),
      /** In S3, encrypted and locked: `<keyPrefix><scenario>.tfstate`. The bucket must exist. Terraform 1.10 or later. */
      z.strictObject({
        backend: z.literal("s3"),
        /** Name of the bucket; version it. */
        bucket: z.string().min(3),
        /** AWS region of the bucket. */
        region: z.string().min(1),
        /** What the object's key begins with. */
        keyPrefix: z.string().default("gwlb-appliance-suite/"),
      }),
    ])
    .default({ backend: "local" }),
});

/** A validated configuration with every default filled in. */
export type Configuration = z.infer<typeof configurationSchema>;
