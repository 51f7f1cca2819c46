import { parsePrefix } from "../prefix";
import { blocks, flag, text } from "../resource";
import { Gateway, PeeringConnection, PrefixList, Subnet, Vpc } from "../topology";
import { partOf, Resources } from "./resources";

/** VPCs with every CIDR block associated with them. */
export function readVpcs(resources: Resources): readonly Vpc[] {
  const associated = (type: string, vpcId: string, attribute: string) =>
    resources
      .ofType(type)
      .filter((one) => text(one.values, "vpc_id") === vpcId)
      .map((one) => cidr(text(one.values, attribute)));
  return resources.ofType("aws_vpc", "aws_default_vpc").map((resource) => {
    const part = partOf(resource);
    const { values } = resource;
    return {
      ...part,
      ipv4Cidrs: known(
        cidr(text(values, "cidr_block")),
        ...associated("aws_vpc_ipv4_cidr_block_association", part.id, "cidr_block"),
      ),
      ipv6Cidrs: known(
        cidr(text(values, "ipv6_cidr_block")),
        ...associated("aws_vpc_ipv6_cidr_block_association", part.id, "ipv6_cidr_block"),
      ),
      mainRouteTableId:
        mainRouteTable(resources, part.id) ??
        text(values, "main_route_table_id") ??
        text(values, "default_route_table_id"),
      defaultNetworkAclId: text(values, "default_network_acl_id"),
      defaultSecurityGroupId: text(values, "default_security_group_id"),
    };
  });
}

/** Subnets. */
export function readSubnets(resources: Resources): readonly Subnet[] {
  return resources.ofType("aws_subnet", "aws_default_subnet").map((resource) => ({
    ...partOf(resource),
    vpcId: text(resource.values, "vpc_id") ?? "",
    zone: text(resource.values, "availability_zone") ?? text(resource.values, "availability_zone_id"),
    ipv4Cidr: cidr(text(resource.values, "cidr_block")),
    ipv6Cidr: cidr(text(resource.values, "ipv6_cidr_block")),
    mapPublicIpOnLaunch: flag(resource.values, "map_public_ip_on_launch") ?? false,
    assignIpv6AddressOnCreation: flag(resource.values, "assign_ipv6_address_on_creation") ?? false,
  }));
}

const GATEWAYS: Readonly<Record<string, Gateway["kind"]>> = {
  aws_internet_gateway: "internet gateway",
  aws_egress_only_internet_gateway: "egress-only internet gateway",
  aws_vpn_gateway: "virtual private gateway",
  aws_ec2_carrier_gateway: "carrier gateway",
};

/** Gateways of VPCs, with the VPC that each is attached to. */
export function readGateways(resources: Resources): readonly Gateway[] {
  return Object.entries(GATEWAYS).flatMap(([type, kind]) =>
    resources.ofType(type).map((resource) => {
      const part = partOf(resource);
      const attachments = [
        ...resources
          .ofType("aws_internet_gateway_attachment")
          .map((one) => [text(one.values, "internet_gateway_id"), one] as const),
        ...resources
          .ofType("aws_vpn_gateway_attachment")
          .map((one) => [text(one.values, "vpn_gateway_id"), one] as const),
      ];
      const attached = attachments.find(([id]) => id === part.id)?.[1];
      return {
        ...part,
        kind,
        vpcId:
          text(resource.values, "vpc_id") ??
          (attached && text(attached.values, "vpc_id")) ??
          blocks(resource.values, "attachments").flatMap((block) => text(block, "vpc_id") ?? [])[0],
      };
    }),
  );
}

/** VPC peering connections. */
export function readPeeringConnections(resources: Resources): readonly PeeringConnection[] {
  return resources.ofType("aws_vpc_peering_connection").map((resource) => ({
    ...partOf(resource),
    requesterVpcId: text(resource.values, "vpc_id"),
    accepterVpcId: text(resource.values, "peer_vpc_id"),
  }));
}

/** Customer-managed prefix lists with entries from both ways of writing them. */
export function readPrefixLists(resources: Resources): readonly PrefixList[] {
  return resources.ofType("aws_ec2_managed_prefix_list").map((resource) => {
    const part = partOf(resource);
    const separate = resources
      .ofType("aws_ec2_managed_prefix_list_entry")
      .filter((entry) => text(entry.values, "prefix_list_id") === part.id)
      .map((entry) => cidr(text(entry.values, "cidr")));
    const inline = blocks(resource.values, "entry").map((entry) => cidr(text(entry, "cidr")));
    return { ...part, cidrs: known(...inline, ...separate) };
  });
}

/** Only what is a CIDR block: predicted values of other attributes may be any text. */
function cidr(value: string | undefined): string | undefined {
  return value !== undefined && parsePrefix(value) ? value : undefined;
}

function known(...values: readonly (string | undefined)[]): readonly string[] {
  return values.filter((value): value is string => value !== undefined);
}

function mainRouteTable(resources: Resources, vpcId: string): string | undefined {
  const found = resources
    .ofType("aws_main_route_table_association")
    .find((one) => text(one.values, "vpc_id") === vpcId);
  return found && text(found.values, "route_table_id");
}
