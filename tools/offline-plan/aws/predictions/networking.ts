import { fingerprint } from "../../planning/numbering";
import { publicAddress } from "../aws-world";
import { list, text, type Predictors, type Subject } from "./subject";

/** An id that AWS makes beside a resource: its main route table, its network interface. */
export function companionId(prefix: string, owner: string, which = ""): string {
  return `${prefix}-0${fingerprint(`${prefix} ${owner} ${which}`)}`;
}

/** An Amazon-provided /56, from the documentation range. @see RFC 3849 */
function ipv6Block(id: string): string {
  const digits = fingerprint(id, 6);
  return `2001:db8:${digits.slice(0, 4)}:${digits.slice(4, 6)}00::/56`;
}

function route(subject: Subject) {
  const target = ["destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id"]
    .map((name) => text(subject.planned[name]))
    .find(Boolean);
  return {
    id: `r-${text(subject.planned["route_table_id"]) ?? ""}${Number.parseInt(fingerprint(target ?? "", 8), 16)}`,
    state: "active",
    origin: "CreateRoute",
    instance_id: "",
    instance_owner_id: "",
    network_interface_id: "",
  };
}

function association(subject: Subject) {
  return { id: companionId("rtbassoc", subject.number) };
}

function securityGroup({ id, arn }: Subject) {
  return { arn: arn("ec2", `security-group/${id}`) };
}

function networkAcl({ id, arn }: Subject) {
  return { arn: arn("ec2", `network-acl/${id}`), subnet_ids: [] };
}

function vpc(subject: Subject) {
  const { id, planned } = subject;
  const hasIpv6 = planned["assign_generated_ipv6_cidr_block"] === true;
  return {
    arn: subject.arn("ec2", `vpc/${id}`),
    cidr_block: "10.0.0.0/16",
    default_network_acl_id: companionId("acl", id),
    default_route_table_id: companionId("rtb", id),
    main_route_table_id: companionId("rtb", id),
    default_security_group_id: companionId("sg", id),
    dhcp_options_id: companionId("dopt", subject.world.account),
    enable_dns_hostnames: false,
    enable_network_address_usage_metrics: false,
    ipv6_association_id: hasIpv6 ? companionId("vpc-cidr-assoc", id) : "",
    ipv6_cidr_block: hasIpv6 ? ipv6Block(id) : "",
    ipv6_cidr_block_network_border_group: hasIpv6 ? subject.region : "",
  };
}

function subnet(subject: Subject) {
  const zone = text(subject.planned["availability_zone"]) ?? `${subject.region}a`;
  return {
    arn: subject.arn("ec2", `subnet/${subject.id}`),
    availability_zone: zone,
    availability_zone_id: zoneId(zone),
    ipv6_cidr_block_association_id: text(subject.planned["ipv6_cidr_block"])
      ? companionId("subnet-cidr-assoc", subject.id)
      : "",
    private_dns_hostname_type_on_launch: "ip-name",
  };
}

/** `eu-west-1a` as `euw1-az1`: real accounts map letters to zones each in their own way. */
export function zoneId(zone: string): string {
  const [, area = "", direction = "", number = "", letter = "a"] =
    /^([a-z]+(?:-gov)?)-([a-z]+)-(\d)([a-z])/.exec(zone) ?? [];
  const short = /^(north|south|central|east|west)(east|west)?/.exec(direction);
  return `${area.replace("-", "")}${short?.[1]?.[0] ?? ""}${short?.[2]?.[0] ?? ""}${number}-az${letter.charCodeAt(0) - 96}`;
}

function endpoint(subject: Subject) {
  const { id, planned, world } = subject;
  const kind = text(planned["vpc_endpoint_type"]) ?? "Gateway";
  const subnets = list(planned["subnet_ids"]).map(String);
  const service = text(planned["service_name"]) ?? "";
  return {
    arn: subject.arn("ec2", `vpc-endpoint/${id}`),
    network_interface_ids: kind === "Gateway" ? [] : subnets.map((it) => companionId("eni", id, it)),
    prefix_list_id: kind === "Gateway" ? companionId("pl", service) : "",
    cidr_blocks: [],
    dns_entry: [],
    ip_address_type: "ipv4",
    policy:
      kind === "GatewayLoadBalancer"
        ? ""
        : '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2008-10-17"}',
    private_dns_enabled: false,
    requester_managed: false,
    route_table_ids: [],
    security_group_ids: [],
    subnet_ids: [],
    service_region: subject.region,
    state: world.get("aws_vpc_endpoint_service", service.split(".").at(-1))?.["acceptance_required"]
      ? "pendingAcceptance"
      : "available",
  };
}

function endpointService(subject: Subject) {
  const { id, planned, world, region } = subject;
  const balancers = [...list(planned["gateway_load_balancer_arns"]), ...list(planned["network_load_balancer_arns"])];
  const zones = balancers
    .flatMap((arn) => world.all("aws_lb").filter((it) => it["arn"] === arn))
    .flatMap((it) => list(it["subnets"]))
    .map((it) => world.get("aws_subnet", it)?.["availability_zone"])
    .filter((it) => it !== undefined);
  return {
    arn: subject.arn("ec2", `vpc-endpoint-service/${id}`),
    availability_zones: zones.length ? [...new Set(zones)] : [`${region}a`],
    allowed_principals: [],
    base_endpoint_dns_names: list(planned["gateway_load_balancer_arns"]).length
      ? []
      : [`${id}.${region}.vpce.amazonaws.com`],
    manages_vpc_endpoints: false,
    private_dns_name: "",
    service_name: `com.amazonaws.vpce.${region}.${id}`,
    service_type: list(planned["gateway_load_balancer_arns"]).length ? "GatewayLoadBalancer" : "Interface",
    state: "Available",
    supported_ip_address_types: ["ipv4"],
    supported_regions: [region],
  };
}

function networkInterface(subject: Subject) {
  const { id, planned, world, number } = subject;
  const subnetOf = world.get("aws_subnet", planned["subnet_id"]);
  const configured = list(planned["private_ips"]).map(String);
  const address = text(planned["private_ip"]) ?? configured[0] ?? world.privateAddress(subnetOf, number);
  return {
    arn: subject.arn("ec2", `network-interface/${id}`),
    interface_type: "interface",
    mac_address: `02:${number.slice(0, 10).match(/../g)?.join(":") ?? ""}`,
    private_ip: address,
    private_ips: configured.length ? configured : [address],
    private_ip_list: [address],
    private_ips_count: Math.max(0, configured.length - 1),
    private_dns_name: `ip-${address.replace(/\./g, "-")}.${subject.region}.compute.internal`,
    security_groups: [companionId("sg", String(subnetOf?.["vpc_id"] ?? id))],
  };
}

function elasticIp(subject: Subject) {
  const address = publicAddress(subject.number);
  return {
    allocation_id: subject.id,
    arn: subject.arn("ec2", `elastic-ip/${subject.id}`),
    association_id: "",
    domain: "vpc",
    network_border_group: subject.region,
    public_ip: address,
    public_dns: `ec2-${address.replace(/\./g, "-")}.${subject.region}.compute.amazonaws.com`,
    public_ipv4_pool: "amazon",
    private_ip: "",
  };
}

function natGateway({ planned, world, number, id }: Subject) {
  return {
    association_id: companionId("eipassoc", id),
    network_interface_id: companionId("eni", id),
    private_ip:
      text(planned["private_ip"]) ?? world.privateAddress(world.get("aws_subnet", planned["subnet_id"]), number),
    public_ip: world.get("aws_eip", planned["allocation_id"])?.["public_ip"] ?? "",
    secondary_allocation_ids: [],
    secondary_private_ip_addresses: [],
    secondary_private_ip_address_count: 0,
  };
}

function defaultOf(argument: string, service: string) {
  return (subject: Subject) => {
    const id = text(subject.planned[argument]) ?? companionId(service.slice(0, 3), subject.number);
    const owner = subject.world.all("aws_vpc").find((it) => it[argument] === id);
    return { id, arn: subject.arn("ec2", `${service}/${id}`), vpc_id: owner?.["id"] ?? "" };
  };
}

function rule(subject: Subject) {
  return {
    security_group_rule_id: subject.id,
    arn: subject.arn("ec2", `security-group-rule/${subject.id}`),
  };
}

/** Amazon VPC. */
export const NETWORKING: Predictors = {
  aws_vpc: vpc,
  aws_default_vpc: vpc,
  aws_subnet: subnet,
  aws_default_subnet: subnet,
  aws_vpc_ipv4_cidr_block_association: () => ({}),
  aws_route_table: ({ id, arn }) => ({ arn: arn("ec2", `route-table/${id}`), propagating_vgws: [], route: [] }),
  aws_default_route_table: (subject) => ({ ...defaultOf("default_route_table_id", "route-table")(subject), route: [] }),
  aws_route: route,
  aws_route_table_association: association,
  aws_main_route_table_association: (subject) => ({
    ...association(subject),
    original_route_table_id: companionId("rtb", text(subject.planned["vpc_id"]) ?? ""),
  }),
  aws_internet_gateway: ({ id, arn }) => ({ arn: arn("ec2", `internet-gateway/${id}`), vpc_id: "" }),
  aws_internet_gateway_attachment: ({ planned }) => ({
    id: `${text(planned["internet_gateway_id"]) ?? ""}:${text(planned["vpc_id"]) ?? ""}`,
  }),
  aws_eip: elasticIp,
  aws_nat_gateway: natGateway,
  aws_network_interface: networkInterface,
  aws_network_interface_sg_attachment: ({ planned }) => ({
    id: `${text(planned["security_group_id"]) ?? ""}_${text(planned["network_interface_id"]) ?? ""}`,
  }),
  aws_security_group: securityGroup,
  aws_default_security_group: (subject) => {
    const owner = text(subject.planned["vpc_id"]) ?? "";
    const id = companionId("sg", owner);
    return {
      id,
      arn: subject.arn("ec2", `security-group/${id}`),
      name: "default",
      description: "default VPC security group",
    };
  },
  aws_security_group_rule: ({ number }) => ({
    id: `sgrule-${Number.parseInt(number.slice(0, 8), 16)}`,
    security_group_rule_id: `sgr-0${number.slice(0, 16)}`,
  }),
  aws_vpc_security_group_ingress_rule: rule,
  aws_vpc_security_group_egress_rule: rule,
  aws_network_acl: networkAcl,
  aws_default_network_acl: defaultOf("default_network_acl_id", "network-acl"),
  aws_network_acl_rule: ({ number }) => ({ id: `nacl-${Number.parseInt(number.slice(0, 8), 16)}` }),
  aws_vpc_endpoint: endpoint,
  aws_vpc_endpoint_service: endpointService,
  aws_vpc_endpoint_service_allowed_principal: () => ({}),
  aws_vpc_endpoint_connection_accepter: ({ planned }) => ({
    id: `${text(planned["vpc_endpoint_service_id"]) ?? ""}_${text(planned["vpc_endpoint_id"]) ?? ""}`,
    vpc_endpoint_state: "available",
  }),
  aws_vpc_endpoint_route_table_association: ({ number }) => ({ id: `a-${text(number)?.slice(0, 10) ?? ""}` }),
  aws_vpc_endpoint_subnet_association: ({ number }) => ({ id: `a-${number.slice(0, 10)}` }),
  aws_vpc_peering_connection: ({ planned, region, world }) => ({
    accept_status: planned["auto_accept"] === true ? "active" : "pending-acceptance",
    peer_owner_id: world.account,
    peer_region: region,
  }),
  aws_ec2_managed_prefix_list: ({ id, arn }) => ({ arn: arn("ec2", `prefix-list/${id}`), version: 1 }),
  aws_flow_log: ({ id, arn }) => ({ arn: arn("ec2", `vpc-flow-log/${id}`), log_group_name: "" }),
  aws_networkfirewall_firewall: (subject) => ({
    id: subject.arn("network-firewall", `firewall/${subject.name}`),
    arn: subject.arn("network-firewall", `firewall/${subject.name}`),
    update_token: subject.number.slice(0, 32),
  }),
};
