import { CLIENT_SUBNETS } from "../../../modules/client-vpc";
import { INSPECTION_SUBNETS } from "../../../modules/inspection-vpc";
import { ModuleDefinition, OMIT_NULL, Override } from "../definition";
import { sampleConfiguration } from "../sample/sample";
import { BOOT, JSON_TEXT, Scenario, synthesize } from "../sample/synthesized";
import { cidrsOverlap, isIpv4Cidr } from "../variables/cidr-conditions";
import { cidrs, zoneChecks } from "../variables/own-checks";
import { documentation } from "../variables/documentation";
import { rulesExpression } from "../variables/rules";
import { memberVariables, membersOf } from "../variables/schema-variable";
import { Variable, snakeCase } from "../variables/variable";
import { clientLinesExpression, squidRulesExpression } from "./squid-rules";
import {
  ZONES_VARIABLE,
  ZONE_LOCALS,
  appliancesExpression,
  nameVariable,
  numberedExpression,
  subnetsExpression,
} from "./scenario-module";

const INSERTION = documentation("modules/endpoint-insertion.ts");
const SERVICE = documentation("modules/gateway-load-balancer-service.ts");
const BASTION = documentation("modules/squid-bastion.ts");
const APPLIANCE = documentation("modules/appliance.ts");

function doc(comments: ReadonlyMap<string, string>, path: string): string {
  const text = comments.get(path);
  if (text === undefined) throw new Error(`modules: ${path} must have a doc comment, got none; write one`);
  return text;
}

const variable = (name: string, type: string, description: string, more: Partial<Variable> = {}): Variable => ({
  name,
  type,
  description,
  validations: [],
  ...more,
});

const zonesMap = (members: string, description: string): Variable =>
  variable("zones", `map(object({${members}}))`, `By Availability Zone: ${description}`, {
    validations: zoneChecks("keys(var.zones)", "zones"),
  });

const BUNDLE = variable(
  "bundle",
  "object({bucket = string, bucket_arn = string, program_key = string, program_sha256 = string})",
  "The agent in S3: output `bundle` of the module agent-bundle.",
);

const flat = (_: string, member: string): string => `var.${snakeCase(member)}`;

const vpcModule = (
  kind: "client" | "inspection",
  kinds: readonly string[],
): Pick<
  ModuleDefinition,
  "has" | "prefix" | "variables" | "input" | "meanings" | "zoneNames" | "locals" | "shipsAgent"
> => ({
  has: ({ template }) => template.startsWith(`${kind}/`),
  prefix: kind,
  variables: [nameVariable("gwlb"), ZONES_VARIABLE, ...memberVariables(`${kind}Vpc`)],
  input: flat,
  meanings: {
    name: "var.name",
    zone: "ZONE",
    region: "local.region",
    client_vpc_cidr: "var.cidr",
    inspection_vpc_cidr: "var.cidr",
    workload_cidr: "local.subnets[ZONE].workload",
    endpoint_cidr: "local.subnets[ZONE].endpoint",
    appliance_cidr: "local.subnets[ZONE].appliance",
    bastion_cidr: "local.subnets[ZONE].bastion",
  },
  zoneNames: "var.zones",
  locals: { ...ZONE_LOCALS, subnets: subnetsExpression("var.cidr", "var.subnet_prefix_length", kinds) },
  shipsAgent: false,
});

/** The VPC whose traffic is inspected. */
export const CLIENT_VPC: ModuleDefinition = {
  name: "client-vpc",
  summary:
    "The VPC whose traffic is inspected: per zone a subnet for workloads and one for the GWLB endpoint. Workload subnets lead " +
    "nowhere until the module endpoint-insertion says where.",
  example: 'module "client" {\n  source = "SOURCE"\n  zones  = ["eu-west-1a"]\n}\n',
  scenario: "pass-through",
  ...vpcModule("client", CLIENT_SUBNETS),
  outputs: {
    vpc_id: { description: "The VPC's id.", value: "@<aws_vpc:client/vpc>.id" },
    cidr: { description: "IPv4 CIDR of the VPC.", value: "@<aws_vpc:client/vpc>.cidr_block" },
    internet_gateway_id: {
      description: "The internet gateway's id.",
      value: "@<aws_internet_gateway:client/internet-gateway>.id",
    },
    zones: {
      description: "By zone, what the module endpoint-insertion takes, and workload_subnet_id.",
      value:
        "{ for zone in local.zone_names : zone => { workload_subnet_id = @<aws_subnet:client/{zone}/workload-subnet>[zone].id, " +
        "endpoint_subnet_id = @<aws_subnet:client/{zone}/endpoint/subnet>[zone].id, " +
        "workloads = [{ cidr = local.subnets[zone].workload, " +
        "route_table_id = @<aws_route_table:client/{zone}/workload-route-table>[zone].id }] } }",
    },
  },
};

/** The VPC of the appliances. */
export const INSPECTION_VPC: ModuleDefinition = {
  name: "inspection-vpc",
  summary: "The VPC of the appliances, with an internet gateway of its own for their updates and their management.",
  example: 'module "inspection" {\n  source = "SOURCE"\n  zones  = ["eu-west-1a"]\n}\n',
  scenario: "pass-through",
  ...vpcModule("inspection", INSPECTION_SUBNETS),
  outputs: {
    vpc_id: { description: "The VPC's id.", value: "@<aws_vpc:inspection/vpc>.id" },
    cidr: { description: "IPv4 CIDR of the VPC.", value: "@<aws_vpc:inspection/vpc>.cidr_block" },
    internet_gateway_id: {
      description: "The internet gateway's id.",
      value: "@<aws_internet_gateway:inspection/internet-gateway>.id",
    },
    s3_endpoint_id: { description: "S3's gateway endpoint.", value: "@<aws_vpc_endpoint:inspection/s3>.id" },
    zones: {
      description: "By zone, what the modules gateway-load-balancer-service, appliance and bastion take.",
      value:
        "{ for zone in local.zone_names : zone => { appliance_subnet_id = @<aws_subnet:inspection/{zone}/appliance/subnet>[zone].id, " +
        "appliance_cidr = local.subnets[zone].appliance, bastion_cidr = local.subnets[zone].bastion } }",
      // Whatever boots in a subnet finds the internet.
      dependsOn: [
        "aws_route:inspection/{zone}/appliance/internet",
        "aws_route_table_association:inspection/{zone}/appliance/association",
      ],
    },
  },
};

const LOAD_BALANCER_ZONES = zonesMap(
  "appliance_subnet_id = string, appliance_cidr = string",
  `appliance_subnet_id: ${doc(SERVICE, "LoadBalancerZone.applianceSubnetId")} ` +
    `appliance_cidr: ${doc(SERVICE, "LoadBalancerZone.applianceCidr")}`,
);

/** The load balancer and its endpoint service. */
export const GATEWAY_LOAD_BALANCER_SERVICE: ModuleDefinition = {
  name: "gateway-load-balancer-service",
  summary:
    "A Gateway Load Balancer, its appliances' target group, and the service that endpoints connect to. Another account needs " +
    "an `aws_vpc_endpoint_service_allowed_principal` with the output `service_id`.",
  example:
    'module "service" {\n  source = "SOURCE"\n  vpc_id = "vpc-0123456789abcdef0"\n  zones = {\n    eu-west-1a = { appliance_subnet_id = "subnet-0123456789abcdef0", appliance_cidr = "10.2.0.0/28" }\n  }\n}\n',
  scenario: "pass-through",
  has: ({ template }) => template.startsWith("service/"),
  prefix: "service",
  variables: [
    nameVariable("gwlb"),
    variable("vpc_id", "string", "VPC of the load balancer."),
    LOAD_BALANCER_ZONES,
    ...memberVariables("loadBalancer"),
  ],
  input: flat,
  meanings: { name: "var.name", zone: "ZONE", appliance_cidr: "var.zones[ZONE].appliance_cidr" },
  references: {
    "aws_vpc:inspection/vpc.id": "var.vpc_id",
    "aws_subnet:inspection/{zone}/appliance/subnet.id": "var.zones[ZONE].appliance_subnet_id",
  },
  zoneNames: "keys(var.zones)",
  locals: ZONE_LOCALS,
  outputs: {
    service_name: {
      description: "Name of the endpoint service, for the module endpoint-insertion.",
      value: "@<aws_vpc_endpoint_service:service/service>.service_name",
    },
    service_id: {
      description: "The endpoint service's id.",
      value: "@<aws_vpc_endpoint_service:service/service>.id",
    },
    target_group_arn: {
      description: "Where appliances are registered, by instance id.",
      value: "@<aws_lb_target_group:service/target-group>.arn",
    },
    load_balancer_arn: { description: "The load balancer's ARN.", value: "@<aws_lb:service/load-balancer>.arn" },
  },
  shipsAgent: false,
};

const WORKLOADS = "flatten([for zone in var.zones : zone.workloads[*].cidr])";

const ROUTES = ["aws_route:insertion/{zone}/out", "aws_route:insertion/{zone}/back"];

/** Endpoints and the routes to them. */
export const ENDPOINT_INSERTION: ModuleDefinition = {
  name: "endpoint-insertion",
  summary: "A GWLB endpoint in each zone, and every route that makes traffic use it, both ways.",
  example:
    'module "insertion" {\n  source              = "SOURCE"\n  vpc_id              = "vpc-0123456789abcdef0"\n  internet_gateway_id = "igw-0123456789abcdef0"\n  service_name        = "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0"\n  zones = {\n    eu-west-1a = {\n      endpoint_subnet_id = "subnet-0123456789abcdef0"\n      workloads          = [{ cidr = "10.1.0.0/28", route_table_id = "rtb-0123456789abcdef0" }]\n    }\n  }\n}\n',
  scenario: "pass-through",
  has: ({ template }) => template.startsWith("insertion/"),
  prefix: "insertion",
  variables: [
    nameVariable("gwlb"),
    variable("vpc_id", "string", "VPC whose traffic is inspected."),
    variable("internet_gateway_id", "string", "Its internet gateway, which gets the edge route table."),
    variable(
      "service_name",
      "string",
      "Name of the endpoint service: output `service_name` of the module gateway-load-balancer-service, or one that another account offers.",
    ),
    zonesMap(
      "endpoint_subnet_id = string, workloads = list(object({cidr = string, route_table_id = string}))",
      `endpoint_subnet_id: ${doc(INSERTION, "InspectedZone.endpointSubnetId")} workloads: ${doc(INSERTION, "InspectedZone.workloads")} ` +
        `cidr: ${doc(INSERTION, "InspectedWorkload.cidr")} route_table_id: ${doc(INSERTION, "InspectedWorkload.routeTableId")}`,
    ),
  ].map((it) =>
    it.name === "zones"
      ? {
          ...it,
          validations: [
            ...it.validations,
            cidrs(WORKLOADS, "zones"),
            {
              condition: `alltrue([for pair in setproduct(${WORKLOADS}, ${WORKLOADS}) : pair[0] == pair[1] || !${cidrsOverlap("pair[0]", "pair[1]")}]) && length(distinct(${WORKLOADS})) == length(${WORKLOADS})`,
              message:
                `zones: workloads must not overlap, got \${jsonencode(${WORKLOADS})}; ` +
                "write each subnet once, with its own CIDR: the edge route table sends each to one endpoint",
            },
            {
              condition:
                "length(distinct(flatten([for zone in var.zones : zone.workloads[*].route_table_id]))) == length(flatten([for zone in var.zones : zone.workloads[*].route_table_id]))",
              message:
                "zones: a route table must serve one workload subnet, got one twice; give every workload subnet a route table of its own",
            },
          ],
        }
      : it,
  ),
  input: flat,
  meanings: { name: "var.name", zone: "ZONE" },
  references: {
    "aws_vpc:client/vpc.id": "var.vpc_id",
    "aws_internet_gateway:client/internet-gateway.id": "var.internet_gateway_id",
    "aws_subnet:client/{zone}/endpoint/subnet.id": "var.zones[ZONE].endpoint_subnet_id",
    "aws_vpc_endpoint_service:service/service.service_name": "var.service_name",
  },
  zoneNames: "keys(var.zones)",
  locals: {
    // The first of a zone has a plain key, as the construct gives it a plain id.
    workloads:
      "merge([for zone, it in var.zones : { for index, workload in it.workloads : " +
      '(index == 0 ? zone : "${zone}-${index + 1}") => { zone = zone, cidr = workload.cidr, route_table_id = workload.route_table_id } }]...)',
  },
  repetitions: ROUTES.map((resource) => ({ resource, forEach: "local.workloads", zone: "each.value.zone" })),
  overrides: [
    { resource: "aws_route:insertion/{zone}/out", path: ["route_table_id"], hcl: "each.value.route_table_id" },
    { resource: "aws_route:insertion/{zone}/back", path: ["destination_cidr_block"], hcl: "each.value.cidr" },
  ],
  outputs: {
    endpoint_ids: {
      description: "GWLB endpoint of each zone",
      value: "{ for zone, endpoint in @<aws_vpc_endpoint:insertion/{zone}/endpoint> : zone => endpoint.id }",
    },
  },
  shipsAgent: false,
};

/** The agent's program in S3. */
export const AGENT_BUNDLE: ModuleDefinition = {
  name: "agent-bundle",
  summary: "The agent's program in a private, versioned S3 bucket, for the modules appliance and bastion.",
  example: 'module "agent" {\n  source = "SOURCE"\n}\n',
  scenario: "pass-through",
  has: ({ template }) => template.startsWith("bundle/") && !/^bundle\/(configuration|appliance)-/.test(template),
  prefix: "bundle",
  variables: [nameVariable("gwlb")],
  input: flat,
  meanings: { name: "var.name", program_sha256: "local.program_sha256" },
  zoneNames: "[]",
  locals: {},
  overrides: [{ resource: "aws_s3_object:bundle/program", path: ["source"], hcl: '"${path.module}/gwlb-agent.tar"' }],
  outputs: {
    bundle: {
      description: "What the modules appliance and bastion take.",
      value:
        "{ bucket = @<aws_s3_object:bundle/program>.bucket, bucket_arn = @<aws_s3_bucket:bundle/bucket>.arn, " +
        "program_key = @<aws_s3_object:bundle/program>.key, program_sha256 = local.program_sha256 }",
    },
  },
  shipsAgent: true,
};

const BUNDLE_REFERENCES = {
  "aws_s3_bucket:bundle/bucket.id": "var.bundle.bucket",
  "aws_s3_bucket:bundle/bucket.arn": "var.bundle.bucket_arn",
  "aws_s3_object:bundle/program.bucket": "var.bundle.bucket",
  "aws_s3_object:bundle/program.key": "var.bundle.program_key",
};

/** What a boot script without files of its own has where they are written. */
const NO_FILES = "put_files() {\n  :\n";

/** HCL of the lines that write files, as the construct's boot script has them. */
function filesExpression(files: string): string {
  const quoted = `'\${replace(text, "'", "'\\\\''")}'`;
  const executable = `startswith(text, "#!") ? "  chmod 0755 '\${path}'\\n" : ""`;
  return (
    `join("", concat([${JSON.stringify(NO_FILES)}], [for path, text in ${files} : ` +
    `"  printf %s ${quoted} | put '\${path}'\\n\${${executable}}"]))`
  );
}

const CONFIGURATION = "aws_s3_object:bundle/configuration-{zone}";
const INSTANCE = "aws_instance:appliance/{zone}/{number}/instance";

/** The line of an appliance's boot script that names its packages. */
function packages(scenario: Scenario): string {
  const { resources } = synthesize(scenario, sampleConfiguration());
  const instance = resources.get("aws_instance:appliance/zz-mark-1a/1/instance");
  const script = (instance?.attributes["user_data_base64"] as { [BOOT]: string } | undefined)?.[BOOT] ?? "";
  return /^readonly PACKAGES=\((.*)\)$/m.exec(script)?.[1] ?? "";
}

/** Appliances with the agent. */
export const APPLIANCE_MODULE: ModuleDefinition = {
  name: "appliance",
  summary:
    "Appliances in every zone, registered with the load balancer and running the agent. `rules` make them a filter; " +
    "`configurations` replace the whole configuration.",
  example:
    'module "appliance" {\n  source           = "SOURCE"\n  vpc_id           = module.inspection.vpc_id\n  zones            = module.inspection.zones\n  target_group_arn = module.service.target_group_arn\n  bundle           = module.agent.bundle\n}\n',
  scenario: "tc-filter",
  has: ({ template }) => template.startsWith("appliance/") || /^bundle\/(configuration|appliance)-/.test(template),
  prefix: "appliance",
  variables: [
    nameVariable("gwlb"),
    variable("vpc_id", "string", "VPC of the appliances."),
    LOAD_BALANCER_ZONES,
    variable("target_group_arn", "string", "Where the appliances are registered."),
    BUNDLE,
    ...memberVariables("appliance"),
    ...memberVariables("filter"),
    variable(
      "configurations",
      "map(string)",
      `The agent's whole configuration by zone, as JSON; replaces rules and default_action. ${doc(APPLIANCE, "ApplianceProps.configuration")}`,
      {
        default: null,
        nullable: true,
        validations: [
          {
            condition:
              'var.configurations == null ? true : alltrue([for zone in keys(var.zones) : try(contains(["hairpin", "routed"], jsondecode(var.configurations[zone]).mode), false)])',
            message:
              "configurations: must be JSON with a mode for every zone, got ${jsonencode(try(keys(var.configurations), null))}; " +
              'write jsonencode({ version = 1, mode = \\"hairpin\\" or \\"routed\\", ... }) for each',
          },
          {
            condition:
              "var.configurations == null ? true : alltrue([for text in values(var.configurations) : try(jsondecode(text).health.port, 8080) == var.health_check_port])",
            message:
              "configurations: must answer the health check on port ${var.health_check_port}, got another health.port; set health_check_port to it",
          },
        ],
      },
    ),
    variable("files", "map(string)", doc(APPLIANCE, "ApplianceProps.files"), {
      default: {},
      validations: [
        {
          condition:
            'alltrue([for path in keys(var.files) : can(regex("^/etc/gwlb-agent/[A-Za-z0-9][A-Za-z0-9._-]*$", path)) && path != "/etc/gwlb-agent/agent.json"])',
          message:
            "files: must be files in /etc/gwlb-agent other than agent.json, got ${jsonencode(keys(var.files))}; " +
            "write /etc/gwlb-agent/route, and name it in configurations",
        },
      ],
    }),
    ...memberVariables("loadBalancer", ["tcpIdleTimeoutSeconds", "healthCheckPort"]),
  ],
  input: flat,
  meanings: {
    name: "var.name",
    zone: "ZONE",
    region: "local.region",
    partition: "local.partition",
    program_sha256: "var.bundle.program_sha256",
    appliance_cidr: "var.zones[ZONE].appliance_cidr",
  },
  references: {
    ...BUNDLE_REFERENCES,
    "aws_vpc:inspection/vpc.id": "var.vpc_id",
    "aws_subnet:inspection/{zone}/appliance/subnet.id": "var.zones[ZONE].appliance_subnet_id",
    "aws_lb_target_group:service/target-group.arn": "var.target_group_arn",
  },
  zoneNames: "keys(var.zones)",
  locals: {
    ...ZONE_LOCALS,
    appliances: appliancesExpression("var.per_zone"),
    management_cidrs: numberedExpression("var.management_cidrs"),
    modes:
      '{ for zone in local.zone_names : zone => var.configurations == null ? "hairpin" : jsondecode(var.configurations[zone]).mode }',
  },
  overrides: [
    { resource: CONFIGURATION, path: ["content", JSON_TEXT, "rules"], hcl: rulesExpression("var.rules") },
    { resource: INSTANCE, path: ["source_dest_check"], hcl: 'local.modes[ZONE] == "hairpin"' },
  ],
  wrappers: {
    [`${CONFIGURATION}.content`]: (hcl) => `var.configurations == null ? ${hcl} : var.configurations[each.key]`,
  },
  bootTexts: {
    put_files: {
      text: NO_FILES,
      hcl: filesExpression("var.files"),
    },
    packages: {
      text: packages("tc-filter"),
      hcl: `{ hairpin = "${packages("tc-filter")}", routed = "${packages("squid-bastion")}" }[local.modes[ZONE]]`,
    },
  },
  outputs: {
    instance_ids: {
      description: "Appliances of each zone",
      value: `{ for zone in local.zone_names : zone => [for key, it in local.appliances : @<${INSTANCE}>[key].id if it.zone == zone] }`,
    },
    network_interface_ids: {
      description: "Network interface of the first appliance of each zone.",
      value: `{ for zone in local.zone_names : zone => @<${INSTANCE}>["\${zone}-1"].primary_network_interface_id }`,
    },
    security_group_id: {
      description: "Security group of every appliance.",
      value: "@<aws_security_group:appliance/security-group>.id",
    },
  },
  shipsAgent: false,
};

const BRIDGE = "aws_s3_object:bundle/bridge-configuration";
const BRIDGE_OVERRIDES: readonly Override[] = [
  { resource: BRIDGE, path: ["content", JSON_TEXT, "deniedDomains"], hcl: "var.denied_domains" },
  { resource: BRIDGE, path: ["content", JSON_TEXT, "allowedDomains"], hcl: "var.allowed_domains" },
  { resource: BRIDGE, path: ["content", OMIT_NULL], hcl: "true" },
];

const CLIENT_ROUTE = "aws_route:bastion/{zone}-client-{number}";
const CLIENT_INGRESS = ["http", "https"].map(
  (protocol) => [protocol, `aws_vpc_security_group_ingress_rule:bastion/${protocol}-client-{number}`] as const,
);

/** Lines of iptables in the configuration of the sample's appliances. */
function iptablesLines(): readonly string[] {
  const stored = synthesize("squid-bastion", sampleConfiguration()).resources.get(
    "aws_s3_object:bundle/configuration-zz-mark-1a",
  );
  const { [JSON_TEXT]: configuration } = stored?.attributes["content"] as {
    [JSON_TEXT]: { iptables: { ipv4: readonly string[] } };
  };
  return configuration.iptables.ipv4;
}

const BASTION_ADDRESS = "cidrhost(var.zones[ZONE].bastion_cidr, 4)";

/** What the construct repeats for every client CIDR. */
const CLIENT_OVERRIDES: readonly Override[] = [
  { resource: CLIENT_ROUTE, path: ["destination_cidr_block"], hcl: "each.value.cidr" },
  ...CLIENT_INGRESS.flatMap(([protocol, resource]): Override[] => [
    { resource, path: ["cidr_ipv4"], hcl: "each.key" },
    { resource, path: ["tags", "Name"], hcl: `"\${var.name}/bastion/${protocol}-client-\${each.value}"` },
  ]),
  { resource: BRIDGE, path: ["content", JSON_TEXT, "clientCidrs"], hcl: "var.client_cidrs" },
  {
    resource: CONFIGURATION,
    path: ["content", JSON_TEXT, "iptables", "ipv4"],
    hcl: clientLinesExpression(iptablesLines(), "var.client_cidrs", BASTION_ADDRESS),
  },
];

/** Bastions with Squid. */
export const BASTION_MODULE: ModuleDefinition = {
  name: "bastion",
  summary:
    "A bastion with Squid in each zone, to which the zone's appliance redirects the clients' HTTP and HTTPS. Its output " +
    "`appliance_configurations` is what the module appliance takes as `configurations`.",
  example:
    'module "bastion" {\n  source                          = "SOURCE"\n  vpc_id                          = module.inspection.vpc_id\n  vpc_cidr                        = module.inspection.cidr\n  internet_gateway_id             = module.inspection.internet_gateway_id\n  s3_endpoint_id                  = module.inspection.s3_endpoint_id\n  zones                           = module.inspection.zones\n  client_cidrs                    = [module.client.cidr]\n  bundle                          = module.agent.bundle\n  appliance_security_group_id     = module.appliance.security_group_id\n  appliance_network_interface_ids = module.appliance.network_interface_ids\n}\n',
  scenario: "squid-bastion",
  has: ({ template }) => template.startsWith("bastion/") || /^bundle\/(bridge-configuration|bastion-)/.test(template),
  prefix: "bastion",
  variables: [
    nameVariable("gwlb"),
    variable("vpc_id", "string", "VPC of the bastions."),
    variable("vpc_cidr", "string", doc(BASTION, "BastionVpc.cidr")),
    variable("internet_gateway_id", "string", "The bastions' way to the internet."),
    variable("s3_endpoint_id", "string", doc(BASTION, "BastionVpc.s3EndpointId")),
    zonesMap(
      "appliance_cidr = string, bastion_cidr = string",
      `appliance_cidr: ${doc(SERVICE, "LoadBalancerZone.applianceCidr")} bastion_cidr: ${doc(BASTION, "BastionZone.bastionCidr")}`,
    ),
    variable("client_cidrs", "list(string)", doc(BASTION, "SquidBastionProps.clientCidrs"), {
      validations: [
        {
          condition: `length(var.client_cidrs) > 0 && alltrue([for item in var.client_cidrs : ${isIpv4Cidr("item")}])`,
          message:
            "client_cidrs: must be IPv4 CIDRs without host bits, got ${jsonencode(var.client_cidrs)}; write 10.1.0.0/24, at least one",
        },
        {
          condition:
            `alltrue([for pair in setproduct(var.client_cidrs, var.client_cidrs) : pair[0] == pair[1] || !${cidrsOverlap("pair[0]", "pair[1]")}]) && ` +
            "length(distinct(var.client_cidrs)) == length(var.client_cidrs)",
          message:
            "client_cidrs: must not overlap, got ${jsonencode(var.client_cidrs)}; keep the larger one: each has a route of its own",
        },
        {
          condition: `alltrue([for item in var.client_cidrs : !${cidrsOverlap("item", "var.vpc_cidr")}])`,
          message:
            "client_cidrs: must not overlap vpc_cidr, got ${jsonencode(var.client_cidrs)} and ${var.vpc_cidr}; " +
            "move one: a bastion could not tell the clients from its own network",
        },
      ],
    }),
    BUNDLE,
    variable("appliance_security_group_id", "string", "Security group of the appliances that redirect packets here."),
    variable(
      "appliance_network_interface_ids",
      "map(string)",
      "Network interface of each zone's only appliance: the way back to the clients.",
    ),
    ...memberVariables("squidBastion", membersOf("squidBastion")),
    ...memberVariables("loadBalancer", ["tcpIdleTimeoutSeconds", "healthCheckPort"]),
  ],
  input: flat,
  meanings: {
    name: "var.name",
    zone: "ZONE",
    region: "local.region",
    partition: "local.partition",
    program_sha256: "var.bundle.program_sha256",
    client_vpc_cidr: 'join(" ", var.client_cidrs)',
    inspection_vpc_cidr: "var.vpc_cidr",
    appliance_cidr: "var.zones[ZONE].appliance_cidr",
    bastion_cidr: "var.zones[ZONE].bastion_cidr",
    bastion_address: BASTION_ADDRESS,
  },
  references: {
    ...BUNDLE_REFERENCES,
    "aws_vpc:inspection/vpc.id": "var.vpc_id",
    "aws_internet_gateway:inspection/internet-gateway.id": "var.internet_gateway_id",
    "aws_vpc_endpoint:inspection/s3.id": "var.s3_endpoint_id",
    "aws_security_group:appliance/security-group.id": "var.appliance_security_group_id",
    "aws_instance:appliance/{zone}/{number}/instance.primary_network_interface_id":
      "var.appliance_network_interface_ids[ZONE]",
  },
  zoneNames: "keys(var.zones)",
  locals: {
    ...ZONE_LOCALS,
    client_cidrs: "{ for index, cidr in var.client_cidrs : cidr => index + 1 }",
    client_routes:
      "merge([for zone in local.zone_names : " +
      '{ for cidr in var.client_cidrs : "${zone}/${cidr}" => { zone = zone, cidr = cidr } }]...)',
  },
  repetitions: [
    { resource: CLIENT_ROUTE, forEach: "local.client_routes", zone: "each.value.zone" },
    ...CLIENT_INGRESS.map(([, resource]) => ({ resource, forEach: "local.client_cidrs", zone: "" })),
  ],
  overrides: [
    ...BRIDGE_OVERRIDES,
    ...CLIENT_OVERRIDES,
    {
      resource: CONFIGURATION,
      path: ["content", JSON_TEXT, "rules"],
      hcl: squidRulesExpression("var.client_cidrs", "var.blocked_inbound_ports", "var.quic"),
    },
  ],
  outputs: {
    addresses: {
      description: "IPv4 address of each zone's bastion.",
      value: "{ for zone, bastion in @<aws_instance:bastion/{zone}/bastion/instance> : zone => bastion.private_ip }",
    },
    instance_ids: {
      description: "Bastion of each zone",
      value: "{ for zone, bastion in @<aws_instance:bastion/{zone}/bastion/instance> : zone => bastion.id }",
    },
    appliance_configurations: {
      description: "The agent's configuration in each zone, for the module appliance.",
      value: { resource: CONFIGURATION, argument: "content" },
    },
  },
  shipsAgent: false,
};
