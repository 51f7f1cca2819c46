import { Resource, flag, text, texts } from "../resource";
import { TransitGateway, TransitGatewayAttachment, TransitGatewayRoute, TransitGatewayRouteTable } from "../topology";
import { partOf, Resources, whyUndetermined } from "./resources";

/** Transit gateways; a default route table exists unless it is switched off. */
export function readTransitGateways(resources: Resources): readonly TransitGateway[] {
  return resources.ofType("aws_ec2_transit_gateway").map((resource) => {
    const part = partOf(resource);
    const table = (use: "association" | "propagation") =>
      text(resource.values, `default_route_table_${use}`) === "disable"
        ? undefined
        : (text(resource.values, `${use}_default_route_table_id`) ??
          `<${resource.address}>.association_default_route_table_id`);
    return {
      ...part,
      associationDefaultRouteTableId: table("association"),
      propagationDefaultRouteTableId: table("propagation"),
    };
  });
}

const ATTACHMENTS: Readonly<Record<string, TransitGatewayAttachment["kind"]>> = {
  aws_ec2_transit_gateway_vpc_attachment: "vpc",
  aws_ec2_transit_gateway_peering_attachment: "peering",
  aws_ec2_transit_gateway_connect: "connect",
};

/** Attachments of transit gateways. */
export function readTransitGatewayAttachments(resources: Resources): readonly TransitGatewayAttachment[] {
  const attachments = Object.entries(ATTACHMENTS).flatMap(([type, kind]) =>
    resources.ofType(type).map((resource): TransitGatewayAttachment => ({
      ...partOf(resource),
      kind,
      transitGatewayId: text(resource.values, "transit_gateway_id"),
      vpcId: text(resource.values, "vpc_id"),
      subnetIds: texts(resource.values, "subnet_ids"),
      applianceMode: text(resource.values, "appliance_mode_support") === "enable",
    })),
  );
  const vpns = resources
    .ofType("aws_vpn_connection")
    .filter((resource) => text(resource.values, "transit_gateway_id") !== undefined)
    .map((resource): TransitGatewayAttachment => {
      const part = partOf(resource);
      const id = text(resource.values, "transit_gateway_attachment_id") ?? part.id;
      return {
        ...part,
        id,
        kind: "vpn",
        transitGatewayId: text(resource.values, "transit_gateway_id"),
        subnetIds: [],
        applianceMode: false,
      };
    });
  return [...attachments, ...vpns];
}

/** Transit gateway route tables, those that a transit gateway brings along included. */
export function readTransitGatewayRouteTables(
  resources: Resources,
  gateways: readonly TransitGateway[],
  attachments: readonly TransitGatewayAttachment[],
): readonly TransitGatewayRouteTable[] {
  const own = resources
    .ofType("aws_ec2_transit_gateway_route_table")
    .map((resource) => ({ ...partOf(resource), transitGatewayId: text(resource.values, "transit_gateway_id") }));
  const defaults = gateways.flatMap((gateway) => {
    const ids = new Set([gateway.associationDefaultRouteTableId, gateway.propagationDefaultRouteTableId]);
    return [...ids]
      .filter((id): id is string => id !== undefined && !own.some((table) => table.id === id))
      .map((id) => ({
        id,
        address: `default route table of ${gateway.address}`,
        tags: {},
        transitGatewayId: gateway.id,
      }));
  });
  const explicit = members(resources, "association");
  return [...own, ...defaults].map((table) => {
    const byDefault = (use: "association" | "propagation") =>
      attachments
        .filter((attachment) =>
          gateways.some(
            (gateway) =>
              gateway.id === attachment.transitGatewayId && gateway[`${use}DefaultRouteTableId`] === table.id,
          ),
        )
        .filter((attachment) => wantsDefault(resources, attachment, use))
        .filter((attachment) => use === "propagation" || !explicit.some((one) => one.attachmentId === attachment.id))
        .map((attachment) => attachment.id);
    const of = (use: "association" | "propagation") =>
      members(resources, use)
        .filter((one) => one.tableId === table.id)
        .flatMap((one) => one.attachmentId ?? []);
    return {
      ...table,
      associatedAttachmentIds: [...new Set([...of("association"), ...byDefault("association")])],
      propagatingAttachmentIds: [...new Set([...of("propagation"), ...byDefault("propagation")])],
      routes: routesOf(resources, table.id),
      undetermined: undeterminedOf(resources, table.id),
    };
  });
}

function members(resources: Resources, use: "association" | "propagation") {
  return resources.ofType(`aws_ec2_transit_gateway_route_table_${use}`).map(({ values }) => ({
    tableId: text(values, "transit_gateway_route_table_id"),
    attachmentId: text(values, "transit_gateway_attachment_id"),
  }));
}

/** `transit_gateway_default_route_table_association` of the attachment is true unless it says otherwise. */
function wantsDefault(
  resources: Resources,
  attachment: TransitGatewayAttachment,
  use: "association" | "propagation",
): boolean {
  const resource = resources.all.find((one) => one.address === attachment.address);
  return (resource && flag(resource.values, `transit_gateway_default_route_table_${use}`)) !== false;
}

function routesOf(resources: Resources, tableId: string): readonly TransitGatewayRoute[] {
  const inTable = (resource: Resource) => text(resource.values, "transit_gateway_route_table_id") === tableId;
  const routes = resources
    .ofType("aws_ec2_transit_gateway_route")
    .filter(inTable)
    .map((resource) => ({
      destination: text(resource.values, "destination_cidr_block"),
      attachmentId: text(resource.values, "transit_gateway_attachment_id"),
      blackhole: flag(resource.values, "blackhole") === true,
      address: resource.address,
    }));
  const lists = resources
    .ofType("aws_ec2_transit_gateway_prefix_list_reference")
    .filter(inTable)
    .map((resource) => ({
      destination: text(resource.values, "prefix_list_id"),
      attachmentId: text(resource.values, "transit_gateway_attachment_id"),
      blackhole: flag(resource.values, "blackhole") === true,
      address: resource.address,
    }));
  return [...routes, ...lists];
}

function undeterminedOf(resources: Resources, tableId: string): readonly string[] {
  return resources
    .ofType(
      "aws_ec2_transit_gateway_route",
      "aws_ec2_transit_gateway_route_table_association",
      "aws_ec2_transit_gateway_route_table_propagation",
    )
    .filter((resource) => (text(resource.values, "transit_gateway_route_table_id") ?? tableId) === tableId)
    .flatMap(
      (resource) =>
        whyUndetermined(resource, "transit_gateway_attachment_id") ??
        whyUndetermined(resource, "transit_gateway_route_table_id") ??
        [],
    );
}
