import { isObject, type CtyObject, type CtyValue } from "../../protocol/cty-value";
import { fingerprint } from "../../planning/numbering";
import { companionId, zoneId } from "../predictions/networking";
import { list, partitionOf, text } from "../predictions/subject";
import type { Answerer, Answers, Question } from "./question";

const zones = (region: string) => ["a", "b", "c"].map((letter) => `${region}${letter}`);

/** EC2's filter names whose attribute is called otherwise in Terraform. */
const FILTERED: Readonly<Record<string, string>> = {
  "availability-zone": "availability_zone",
  cidr: "cidr_block",
  "cidr-block": "cidr_block",
  "group-id": "id",
  "group-name": "name",
  "subnet-id": "subnet_id",
  "vpc-id": "vpc_id",
};

/** What the configuration creates and a lookup would find: every argument, filter and tag of the question holds. */
function found(resource: string, { config, world }: Question, asks: readonly string[]): CtyObject[] {
  const tags = isObject(config["tags"]) ? Object.entries(config["tags"]) : [];
  const filters = list(config["filter"]).filter(isObject);
  return world
    .all(resource)
    .filter(
      (it) =>
        asks.every((name) => (config[name] ?? null) === null || config[name] === "" || config[name] === it[name]) &&
        tags.every(([name, value]) => tagOf(it, name) === value) &&
        filters.every((filter) => passes(it, filter)),
    );
}

function passes(resource: CtyObject, filter: CtyObject): boolean {
  const name = String(filter["name"]);
  const actual = name.startsWith("tag:")
    ? tagOf(resource, name.slice("tag:".length))
    : resource[FILTERED[name] ?? name.replace(/-/g, "_")];
  return list(filter["values"]).some((it) => matches(actual, String(it)));
}

/** `*` and `?` are wildcards in EC2's filters. */
function matches(actual: CtyValue | undefined, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${expression}$`).test(String(actual));
}

function tagOf(resource: CtyObject, name: string): CtyValue | undefined {
  return isObject(resource["tags_all"]) ? resource["tags_all"][name] : undefined;
}

/** A lookup of one resource: what is being created, or something likely. */
function one(resource: string, asks: readonly string[], likely: Answerer): Answerer {
  return (question) => found(resource, question, asks)[0] ?? likely(question);
}

/** A lookup of many: their ids. */
function many(resource: string, asks: readonly string[], prefix: string): Answerer {
  return (question) => {
    const own = found(resource, question, asks).map((it) => String(it["id"]));
    const ids = own.length ? own : [`${prefix}-0${fingerprint(JSON.stringify(question.config))}`];
    return { id: question.region, ids };
  };
}

const idOr = (config: CtyObject, prefix: string) =>
  text(config["id"]) ?? `${prefix}-0${fingerprint(JSON.stringify(config))}`;

/** An account's default VPC has this range. @see https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html */
const DEFAULT_VPC_CIDR = "172.31.0.0/16";

function likelyVpc({ config, region, world }: Question): CtyObject {
  const id = idOr(config, "vpc");
  const cidr = text(config["cidr_block"]) ?? DEFAULT_VPC_CIDR;
  return {
    id,
    arn: `arn:${partitionOf(region)}:ec2:${region}:${world.account}:vpc/${id}`,
    cidr_block: cidr,
    cidr_block_associations: [
      { association_id: companionId("vpc-cidr-assoc", id), cidr_block: cidr, state: "associated" },
    ],
    default: config["default"] ?? false,
    enable_dns_hostnames: true,
    enable_dns_support: true,
    instance_tenancy: "default",
    main_route_table_id: companionId("rtb", id),
    owner_id: world.account,
    state: "available",
  };
}

function likelySubnet({ config, region, world }: Question): CtyObject {
  const id = idOr(config, "subnet");
  const zone = text(config["availability_zone"]) ?? `${region}a`;
  const third = Number.parseInt(fingerprint(id, 2), 16) & 0xf0;
  return {
    id,
    arn: `arn:${partitionOf(region)}:ec2:${region}:${world.account}:subnet/${id}`,
    availability_zone: zone,
    availability_zone_id: zoneId(zone),
    cidr_block: text(config["cidr_block"]) ?? `172.31.${third}.0/20`,
    state: "available",
    vpc_id: text(config["vpc_id"]) ?? companionId("vpc", "assumed"),
  };
}

/** An interface of an endpoint or instance that is being created has its subnet's zone and an address in it. */
function likelyInterface({ config, region, world }: Question): CtyObject {
  const id = idOr(config, "eni");
  const owner = world.all("aws_vpc_endpoint").find((it) => list(it["network_interface_ids"]).includes(id));
  const at = owner ? list(owner["network_interface_ids"]).indexOf(id) : -1;
  const subnet = world.get("aws_subnet", list(owner?.["subnet_ids"])[at]);
  const address = subnet ? world.privateAddress(subnet, fingerprint(id)) : "172.31.0.10";
  return {
    id,
    availability_zone: subnet?.["availability_zone"] ?? `${region}a`,
    interface_type: owner ? "gateway_load_balancer_endpoint" : "interface",
    private_ip: address,
    private_ips: [address],
    subnet_id: subnet?.["id"] ?? companionId("subnet", "assumed"),
    vpc_id: subnet?.["vpc_id"] ?? companionId("vpc", "assumed"),
  };
}

function endpointService({ config, region, world }: Question): CtyObject {
  const service = text(config["service"]);
  const name = text(config["service_name"]) ?? `com.amazonaws.${region}.${service ?? "assumed"}`;
  const own = world.all("aws_vpc_endpoint_service").find((it) => it["service_name"] === name);
  const isGateway = config["service_type"] === "Gateway" || /\.(s3|dynamodb)$/.test(name);
  const kind = text(config["service_type"]) ?? own?.["service_type"] ?? (isGateway ? "Gateway" : "Interface");
  return {
    id: fingerprint(name, 9),
    acceptance_required: own?.["acceptance_required"] ?? false,
    availability_zones: own?.["availability_zones"] ?? zones(region),
    owner: own ? world.account : "amazon",
    service_id: own?.["id"] ?? `vpce-svc-0${fingerprint(name)}`,
    service_name: name,
    service_type: kind,
    supported_ip_address_types: ["ipv4"],
    vpc_endpoint_policy_supported: kind !== "GatewayLoadBalancer",
  };
}

function prefixList({ config, region }: Question): CtyObject {
  const name =
    text(config["name"]) ??
    text(list(list(config["filter"]).filter(isObject)[0]?.["values"])[0]) ??
    `com.amazonaws.${region}.s3`;
  const id = text(config["prefix_list_id"]) ?? text(config["id"]) ?? companionId("pl", name);
  // From the documentation ranges (RFC 5737): real ranges change every week.
  return {
    id,
    name,
    cidr_blocks: ["198.51.100.0/24"],
    entries: [{ cidr: "198.51.100.0/24", description: "assumed" }],
    max_entries: 1,
  };
}

/** Amazon VPC, EC2 and Elastic Load Balancing. */
export const NETWORK_ANSWERS: Answers = {
  aws_availability_zone: ({ config, region }) => {
    const name = text(config["name"]) ?? `${region}a`;
    return {
      id: name,
      name,
      name_suffix: name.slice(-1),
      region,
      zone_id: zoneId(name),
      zone_type: "availability-zone",
      state: "available",
    };
  },
  aws_availability_zones: ({ config, region }) => {
    const names = zones(region).filter(
      (it) => !list(config["exclude_names"]).includes(it) && !list(config["exclude_zone_ids"]).includes(zoneId(it)),
    );
    return { id: region, names, zone_ids: names.map(zoneId), group_names: [region] };
  },
  aws_ec2_managed_prefix_list: prefixList,
  aws_ec2_transit_gateway: one("aws_ec2_transit_gateway", ["id"], ({ config, region, world }) => {
    const id = idOr(config, "tgw");
    return {
      id,
      arn: `arn:${partitionOf(region)}:ec2:${region}:${world.account}:transit-gateway/${id}`,
      amazon_side_asn: "64512",
      association_default_route_table_id: companionId("tgw-rtb", id),
      propagation_default_route_table_id: companionId("tgw-rtb", id),
      owner_id: world.account,
    };
  }),
  aws_ec2_transit_gateway_route_table: one("aws_ec2_transit_gateway_route_table", ["id"], ({ config }) => ({
    id: idOr(config, "tgw-rtb"),
  })),
  aws_ec2_transit_gateway_vpc_attachment: one("aws_ec2_transit_gateway_vpc_attachment", ["id"], ({ config }) => ({
    id: idOr(config, "tgw-attach"),
  })),
  aws_eip: one("aws_eip", ["id", "public_ip"], ({ config }) => ({
    id: idOr(config, "eipalloc"),
    public_ip: "203.0.113.10",
  })),
  aws_instance: one("aws_instance", ["id"], ({ config }) => ({
    id: text(config["instance_id"]) ?? idOr(config, "i"),
    private_ip: "172.31.0.10",
  })),
  aws_instances: many("aws_instance", [], "i"),
  aws_internet_gateway: one("aws_internet_gateway", ["id"], ({ config }) => {
    const id = text(config["internet_gateway_id"]) ?? idOr(config, "igw");
    return { id, internet_gateway_id: id, attachments: [] };
  }),
  aws_ip_ranges: ({ region }) => ({
    id: "1",
    cidr_blocks: ["198.51.100.0/24"],
    create_date: "2024-01-01-00-00-00",
    ipv6_cidr_blocks: ["2001:db8:ffff::/48"],
    regions: [region],
    sync_token: 1,
  }),
  aws_lb: one("aws_lb", ["arn", "name"], ({ config, region, world }) => {
    const arn =
      text(config["arn"]) ??
      `arn:${partitionOf(region)}:elasticloadbalancing:${region}:${world.account}:loadbalancer/gwy/${text(config["name"]) ?? "assumed"}/${fingerprint(JSON.stringify(config))}`;
    return { id: arn, arn, load_balancer_type: "gateway", subnets: [] };
  }),
  aws_nat_gateway: one("aws_nat_gateway", ["id", "vpc_id", "subnet_id"], ({ config }) => ({ id: idOr(config, "nat") })),
  aws_network_acls: many("aws_network_acl", ["vpc_id"], "acl"),
  aws_network_interface: one("aws_network_interface", ["id"], likelyInterface),
  aws_network_interfaces: many("aws_network_interface", [], "eni"),
  aws_prefix_list: prefixList,
  aws_regions: ({ region }) => ({ id: partitionOf(region), names: [region] }),
  aws_route_table: one("aws_route_table", ["id", "vpc_id"], ({ config }) => {
    const id =
      text(config["route_table_id"]) ??
      companionId("rtb", text(config["vpc_id"]) ?? text(config["subnet_id"]) ?? "assumed");
    return { id, route_table_id: id, routes: [], associations: [] };
  }),
  aws_route_tables: many("aws_route_table", ["vpc_id"], "rtb"),
  aws_security_group: one("aws_security_group", ["id", "name", "vpc_id"], ({ config, region, world }) => {
    const id = idOr(config, "sg");
    return {
      id,
      name: text(config["name"]) ?? "default",
      arn: `arn:${partitionOf(region)}:ec2:${region}:${world.account}:security-group/${id}`,
    };
  }),
  aws_security_groups: many("aws_security_group", [], "sg"),
  aws_subnet: one("aws_subnet", ["id", "vpc_id", "cidr_block", "availability_zone"], likelySubnet),
  aws_subnets: many("aws_subnet", [], "subnet"),
  aws_vpc: one("aws_vpc", ["id", "cidr_block"], likelyVpc),
  aws_vpc_endpoint: one("aws_vpc_endpoint", ["id", "vpc_id", "service_name"], ({ config }) => ({
    id: idOr(config, "vpce"),
    network_interface_ids: [],
    state: "available",
  })),
  aws_vpc_endpoint_service: endpointService,
  aws_vpcs: many("aws_vpc", [], "vpc"),
};
