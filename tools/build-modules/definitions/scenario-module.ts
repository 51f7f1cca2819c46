import { CLIENT_SUBNETS } from "../../../modules/client-vpc";
import { INSPECTION_SUBNETS } from "../../../modules/inspection-vpc";
import { ModuleDefinition, OMIT_NULL, Output, Override } from "../definition";
import { SAMPLE_REGION, sampleConfiguration } from "../sample/sample";
import { JSON_TEXT, Json, Scenario, synthesize } from "../sample/synthesized";
import { rulesExpression } from "../variables/rules";
import { squidRulesExpression } from "./squid-rules";
import { zoneChecks } from "../variables/own-checks";
import { sectionVariable } from "../variables/schema-variable";
import { Variable, snakeCase } from "../variables/variable";

/** CIDRs of a VPC's subnets by zone and kind, as `planSubnets` of the constructs cuts them. */
export function subnetsExpression(cidr: string, prefixLength: string, kinds: readonly string[]): string {
  const length = `tonumber(split("/", ${cidr})[1])`;
  const newBits = `coalesce(${prefixLength}, min(${length} + 4, 28)) - ${length}`;
  const slot = "index(local.letters, substr(zone, length(zone) - 1, 1))";
  const cut = kinds.map(
    (kind, index) => `${kind} = cidrsubnet(${cidr}, ${newBits}, ${slot} * ${kinds.length} + ${index})`,
  );
  return `{ for zone in local.zone_names : zone => { ${cut.join(", ")} } }`;
}

/** What the scenarios' `name` variable is. */
export function nameVariable(value: string): Variable {
  return {
    name: "name",
    type: "string",
    description: "Begins every Name tag; tells instances of the module apart.",
    default: value,
    validations: [
      {
        condition: 'can(regex("^[A-Za-z0-9 _.:/=+@-]{1,128}$", var.name))',
        message: "name: must be 1 to 128 letters, digits, spaces and _.:/=+@-, got ${var.name}; AWS refuses other tags",
      },
    ],
  };
}

/** The zones of a module that makes its own VPCs. */
export const ZONES_VARIABLE: Variable = {
  name: "zones",
  type: "list(string)",
  description:
    "Availability Zones of the provider's region. More may be added later; none can be removed, because AWS removes no subnet of a GWLB.",
  validations: zoneChecks("var.zones", "zones"),
};

/** Local values that every module with zones can use. */
export const ZONE_LOCALS: Readonly<Record<string, string>> = {
  region: "substr(local.zone_names[0], 0, length(local.zone_names[0]) - 1)",
  partition: 'startswith(local.region, "cn-") ? "aws-cn" : startswith(local.region, "us-gov-") ? "aws-us-gov" : "aws"',
};

/** HCL of the appliances to make, by `<zone>-<number>`. */
export function appliancesExpression(perZone: string): string {
  return (
    "merge([for zone in local.zone_names : " +
    `{ for number in range(1, ${perZone} + 1) : "\${zone}-\${number}" => { zone = zone, number = number } }]...)`
  );
}

/** HCL of CIDRs with their number in the list. */
export function numberedExpression(cidrs: string): string {
  return `{ for index, cidr in ${cidrs} : cidr => index + 1 }`;
}

const CONFIGURATION = "aws_s3_object:bundle/configuration-{zone}";

const RULES: Readonly<Record<Scenario, readonly Override[]>> = {
  "pass-through": [],
  "tc-filter": [
    { resource: CONFIGURATION, path: ["content", JSON_TEXT, "rules"], hcl: rulesExpression("var.filter.rules") },
  ],
  "squid-bastion": [
    {
      resource: CONFIGURATION,
      path: ["content", JSON_TEXT, "rules"],
      hcl: squidRulesExpression(
        "[var.client_vpc.cidr]",
        "var.squid_bastion.blocked_inbound_ports",
        "var.squid_bastion.quic",
      ),
    },
    {
      resource: "aws_s3_object:bundle/bridge-configuration",
      path: ["content", JSON_TEXT, "deniedDomains"],
      hcl: "var.squid_bastion.denied_domains",
    },
    {
      resource: "aws_s3_object:bundle/bridge-configuration",
      path: ["content", JSON_TEXT, "allowedDomains"],
      hcl: "var.squid_bastion.allowed_domains",
    },
    { resource: "aws_s3_object:bundle/bridge-configuration", path: ["content", OMIT_NULL], hcl: "true" },
  ],
};

const SECTIONS = ["clientVpc", "inspectionVpc", "loadBalancer", "appliance", "workload", "flowLogs"] as const;
const OWN_SECTION = { "pass-through": [], "tc-filter": ["filter"], "squid-bastion": ["squidBastion"] } as const;

/** HCL of the sample's commands, one for each instance. */
function watchExpression(scenario: Scenario, sample: Json | undefined): string {
  const [command] = sample as readonly string[];
  const text = JSON.stringify(
    command?.replace(/\$\{<[^>]+>\.id\}/, "${instance.id}").replace(SAMPLE_REGION, "${local.region}"),
  );
  const place =
    scenario === "squid-bastion"
      ? "aws_instance:bastion/{zone}/bastion/instance"
      : "aws_instance:appliance/{zone}/{number}/instance";
  return `[for instance in values(@<${place}>) : ${text}]`;
}

/** A whole scenario as a module: the same variables, with the same defaults, as the sections of gwlb.yaml. */
export function scenarioModule(scenario: Scenario, summary: string): ModuleDefinition {
  const { outputs } = synthesize(scenario, sampleConfiguration());
  const described = (name: string, value: string): Output => ({
    description: outputs[name]?.description ?? "",
    value,
  });
  return {
    name: scenario,
    summary,
    example: `module "${snakeCase(scenario).replaceAll("-", "_")}" {\n  source = "SOURCE"\n  zones  = ["eu-west-1a"]\n}\n`,
    scenario,
    has: () => true,
    variables: [
      nameVariable(scenario),
      ZONES_VARIABLE,
      ...[...SECTIONS, ...OWN_SECTION[scenario]].map((section) => sectionVariable(section)),
    ],
    input: (section, member) => `var.${snakeCase(section)}.${snakeCase(member)}`,
    meanings: {
      name: "var.name",
      region: "local.region",
      partition: "local.partition",
      program_sha256: "local.program_sha256",
      client_vpc_cidr: "var.client_vpc.cidr",
      inspection_vpc_cidr: "var.inspection_vpc.cidr",
      workload_cidr: "local.client_subnets[ZONE].workload",
      endpoint_cidr: "local.client_subnets[ZONE].endpoint",
      appliance_cidr: "local.inspection_subnets[ZONE].appliance",
      bastion_cidr: "local.inspection_subnets[ZONE].bastion",
      bastion_address: "cidrhost(local.inspection_subnets[ZONE].bastion, 4)",
      zone: "ZONE",
    },
    zoneNames: "var.zones",
    locals: {
      ...ZONE_LOCALS,
      client_subnets: subnetsExpression("var.client_vpc.cidr", "var.client_vpc.subnet_prefix_length", CLIENT_SUBNETS),
      inspection_subnets: subnetsExpression(
        "var.inspection_vpc.cidr",
        "var.inspection_vpc.subnet_prefix_length",
        INSPECTION_SUBNETS,
      ),
      appliances: appliancesExpression("var.appliance.per_zone"),
      inbound_cidrs: numberedExpression("var.workload.inbound_cidrs"),
      management_cidrs: numberedExpression("var.appliance.management_cidrs"),
    },
    overrides: [
      ...RULES[scenario],
      { resource: "aws_s3_object:bundle/program", path: ["source"], hcl: '"${path.module}/gwlb-agent.tar"' },
    ],
    outputs: {
      endpoint_ids: described(
        "endpoint_ids",
        "{ for zone, endpoint in @<aws_vpc_endpoint:insertion/{zone}/endpoint> : zone => endpoint.id }",
      ),
      service_name: described("service_name", "@<aws_vpc_endpoint_service:service/service>.service_name"),
      appliance_instance_ids: described(
        "appliance_instance_ids",
        "{ for zone in local.zone_names : zone => [for key, it in local.appliances : @<aws_instance:appliance/{zone}/{number}/instance>[key].id if it.zone == zone] }",
      ),
      client_instance_ids: described(
        "client_instance_ids",
        "{ for zone, client in @<aws_instance:workload/{zone}/client/instance> : zone => client.id }",
      ),
      client_vpc_id: { description: "VPC whose traffic is inspected.", value: "@<aws_vpc:client/vpc>.id" },
      client_subnet_ids: {
        description: "Inspected subnet of each zone, for more workloads.",
        value: "{ for zone, subnet in @<aws_subnet:client/{zone}/workload-subnet> : zone => subnet.id }",
      },
      inspection_vpc_id: { description: "VPC of the appliances.", value: "@<aws_vpc:inspection/vpc>.id" },
      service_id: {
        description: "The endpoint service's id, for `aws_vpc_endpoint_service_allowed_principal`.",
        value: "@<aws_vpc_endpoint_service:service/service>.id",
      },
      target_group_arn: {
        description: "The appliances' target group, for alarms and for appliances of your own.",
        value: "@<aws_lb_target_group:service/target-group>.arn",
      },
      appliance_security_group_id: {
        description: "Security group of every appliance.",
        value: "@<aws_security_group:appliance/security-group>.id",
      },
      ...(scenario === "squid-bastion"
        ? {
            bastion_instance_ids: {
              description: "Bastion of each zone.",
              value: "{ for zone, bastion in @<aws_instance:bastion/{zone}/bastion/instance> : zone => bastion.id }",
            },
          }
        : {}),
      watch: described("watch", watchExpression(scenario, outputs["watch"]?.value)),
    },
    shipsAgent: true,
  };
}
