import { EVERYWHERE_PREFIX_LENGTH } from "../../../appliance-agent/src/rules/cidr";
import { cidrsOverlap, isCidr, isIpv4Cidr } from "./cidr-conditions";
import { RULES_TYPE, rulesChecks } from "./rules";
import { unreachableRulesChecks } from "./unreachable-rules";
import { Validation } from "./variable";

/** Checks of one member that its schema's keywords do not say. */
type Checks = (at: string, where: string) => Validation[];

/** Type constraints of members whose HCL has another form than the configuration file. */
export const TYPES: Readonly<Record<string, string>> = { "filter.rules": RULES_TYPE };

/** What is wrong with a text that a pattern refuses, and the fix. */
export const PATTERN_FIXES: Readonly<Record<string, string>> = {
  "appliance.amiParameter": "not an SSM parameter; begin its name with /",
  "workload.amiParameter": "not an SSM parameter; begin its name with /",
  "squidBastion.amiParameter": "not an SSM parameter; begin its name with /",
  "flowLogs.kmsKeyArn": "not an ARN; begin it with arn:",
  "squidBastion.deniedDomains":
    "not all lower-case names; write example.com, or .example.com for every name below it too",
  "squidBastion.allowedDomains":
    "not all lower-case names; write example.com, or .example.com for every name below it too",
};

/** By section and member. */
export const OWN_CHECKS: Readonly<Record<string, Checks>> = {
  "clientVpc.cidr": vpcCidr,
  "inspectionVpc.cidr": inspectionVpcCidr,
  "appliance.perZone": perZone,
  "appliance.instanceType": instanceType,
  "workload.instanceType": instanceType,
  "squidBastion.instanceType": instanceType,
  "workload.inboundCidrs": (at, where) => [cidrs(at, where)],
  "appliance.managementCidrs": (at, where) => [
    cidrs(at, where),
    {
      condition: `try(!anytrue([for item in ${at} : tonumber(split("/", item)[1]) <= ${String(EVERYWHERE_PREFIX_LENGTH)}]), true)`,
      message:
        `${where}: must be of /${String(EVERYWHERE_PREFIX_LENGTH + 1)} or longer, not everybody or a large part, got \${jsonencode(${at})}; ` +
        "write the networks that you come from, or leave it empty: Session Manager needs no rule",
    },
  ],
  "loadBalancer.healthCheckTimeoutSeconds": (at, where) => {
    const interval = at.replace("timeout", "interval");
    return [
      {
        condition: `${at} <= ${interval}`,
        message: `${where}: longer than the interval, got \${${at}} and \${${interval}}; lower the timeout or raise the interval`,
      },
    ];
  },
  "loadBalancer.stickiness": (at, where) => {
    const idle = at.replace("stickiness", "tcp_idle_timeout_seconds");
    return [
      {
        condition: `${at} == "5-tuple" || ${idle} == 350`,
        message:
          `${where}: without an idle timeout that can be set, got \${${at}} with tcp_idle_timeout_seconds \${${idle}}; ` +
          "use 5-tuple, or leave tcp_idle_timeout_seconds at 350",
      },
    ];
  },
  "filter.rules": (at, where) => [...rulesChecks(at, where), ...unreachableRulesChecks(at, where)],
};

/** CIDRs of either family. */
export function cidrs(at: string, where: string): Validation {
  return {
    condition: `alltrue([for item in ${at} : ${isCidr("item")}])`,
    message: `${where}: not all CIDRs without host bits, got \${jsonencode(${at})}; write 10.1.0.0/16 or 2001:db8::/32`,
  };
}

/** Availability Zones: names of one region, none twice. */
export function zoneChecks(names: string, where: string): Validation[] {
  const region = "substr(zone, 0, length(zone) - 1)";
  const pattern = "^([a-z]{2}|us-gov|us-iso[bef]?|eu-isoe)-[a-z]+-[0-9][a-z]$";
  return [
    {
      condition: `length(${names}) > 0 && alltrue([for zone in ${names} : can(regex("${pattern}", zone))])`,
      message: `${where}: must be names of Availability Zones, got \${jsonencode(${names})}; write a region and a letter, eu-west-1a`,
    },
    {
      condition: `length(distinct(${names})) == length(${names})`,
      message: `${where}: must differ, got \${jsonencode(${names})}; remove the zone that stands there twice`,
    },
    {
      condition: `length(distinct([for zone in ${names} : ${region}])) <= 1`,
      message: `${where}: must be of one region, got \${jsonencode(${names})}; keep those of the provider's region`,
    },
  ];
}

function vpcCidr(at: string, where: string): Validation[] {
  const length = `tonumber(split("/", ${at})[1])`;
  const prefix = at.replace(/cidr$/, "subnet_prefix_length");
  const subnet = `coalesce(${prefix}, min(${length} + 4, 28))`;
  const letters = "[for zone in local.zone_names : index(local.letters, substr(zone, length(zone) - 1, 1))]";
  return [
    {
      condition: isIpv4Cidr(at),
      message: `${where}: must be an IPv4 CIDR without host bits, got \${${at}}; write an address and a prefix length, 10.1.0.0/24`,
    },
    {
      condition: `try(${length} >= 16 && ${length} <= 28, false)`,
      message: `${where}: must be a /16 to a /28, got \${${at}}; AWS has no VPC of another size`,
    },
    {
      condition: `try((max(${letters}...) + 1) * 2 <= pow(2, ${subnet} - ${length}), true)`,
      message:
        `${where}: must hold two subnets for every zone up to the last letter in use, got \${${at}}; ` +
        "use a larger cidr or a larger subnet_prefix_length",
    },
  ];
}

/** In a module that makes both VPCs they share no address. */
function inspectionVpcCidr(at: string, where: string): Validation[] {
  if (at === "var.cidr") return vpcCidr(at, where);
  const client = at.replace("inspection_vpc", "client_vpc");
  return [
    ...vpcCidr(at, where),
    {
      condition: `!${cidrsOverlap(at, client)}`,
      message:
        `${where}: must not overlap client_vpc.cidr, got \${${at}} and \${${client}}; ` +
        "move one: a bastion could not tell the clients from its own network",
    },
  ];
}

/** Addresses of a subnet that no appliance gets: five are AWS's, one is the load balancer's. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html */
const TAKEN_ADDRESSES = 6;

/** A subnet holds every appliance twice: Terraform starts each one's replacement before it ends. */
function perZone(at: string, where: string): Validation[] {
  const vpc = "var.inspection_vpc";
  const length =
    at === "var.per_zone"
      ? 'max([for zone in var.zones : tonumber(split("/", zone.appliance_cidr)[1])]...)'
      : `coalesce(${vpc}.subnet_prefix_length, min(tonumber(split("/", ${vpc}.cidr)[1]) + 4, 28))`;
  const most = `floor((pow(2, 32 - ${length}) - ${String(TAKEN_ADDRESSES)}) / 2)`;
  return [
    {
      condition: `try(${at} <= ${most}, true)`,
      message:
        `${where}: must be at most \${try(${most}, 0)} in a subnet of /\${try(${length}, 0)}, which holds every appliance ` +
        `and its replacement, got \${${at}}; lower it, or use larger subnets`,
    },
  ];
}

function instanceType(at: string, where: string): Validation[] {
  const architecture = at.replace(/instance_type$/, "architecture");
  const pattern = "^([a-z]+)([0-9]+)([a-z]*)(-[a-z0-9]+)*[.][a-z0-9-]+$";
  const parts = `regex("${pattern}", ${at})`;
  return [
    {
      condition: `can(${parts})`,
      message: `${where}: must be an EC2 instance type, got \${${at}}; use t4g.micro`,
    },
    {
      condition: `try((strcontains(${parts}[2], "g") || "\${${parts}[0]}\${${parts}[1]}" == "a1" ? "arm64" : "x86_64") == ${architecture}, true)`,
      message:
        `${where}: must be of architecture \${${architecture}}, got \${${at}}; ` +
        "use a type like t4g.micro (arm64) or t3.micro (x86_64), or change architecture",
    },
  ];
}
