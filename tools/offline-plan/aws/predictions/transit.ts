import { companionId } from "./networking";
import { text, type Predictors, type Subject } from "./subject";

const pair = (first: string, second: string) => (subject: Subject) => ({
  id: `${text(subject.planned[first]) ?? ""}_${text(subject.planned[second]) ?? ""}`,
});

/** AWS Transit Gateway, virtual private gateways and VPN. */
export const TRANSIT: Predictors = {
  aws_ec2_transit_gateway: ({ id, arn }) => ({
    arn: arn("ec2", `transit-gateway/${id}`),
    association_default_route_table_id: companionId("tgw-rtb", id),
    propagation_default_route_table_id: companionId("tgw-rtb", id),
    transit_gateway_cidr_blocks: [],
  }),
  aws_ec2_transit_gateway_vpc_attachment: ({ id, arn, planned, world }) => ({
    arn: arn("ec2", `transit-gateway-attachment/${id}`),
    vpc_owner_id: world.account,
    transit_gateway_default_route_table_association: true,
    transit_gateway_default_route_table_propagation: true,
    security_group_referencing_support: text(planned["security_group_referencing_support"]) ?? "enable",
  }),
  aws_ec2_transit_gateway_route_table: ({ id, arn }) => ({
    arn: arn("ec2", `transit-gateway-route-table/${id}`),
    default_association_route_table: false,
    default_propagation_route_table: false,
  }),
  aws_ec2_transit_gateway_route: pair("transit_gateway_route_table_id", "destination_cidr_block"),
  aws_ec2_transit_gateway_route_table_association: (subject) => ({
    ...pair("transit_gateway_route_table_id", "transit_gateway_attachment_id")(subject),
    resource_type: "vpc",
  }),
  aws_ec2_transit_gateway_route_table_propagation: (subject) => ({
    ...pair("transit_gateway_route_table_id", "transit_gateway_attachment_id")(subject),
    resource_type: "vpc",
  }),
  aws_vpn_gateway: ({ id, arn }) => ({ arn: arn("ec2", `vpn-gateway/${id}`), amazon_side_asn: "64512", vpc_id: "" }),
  aws_customer_gateway: ({ id, arn }) => ({ arn: arn("ec2", `customer-gateway/${id}`) }),
};
