import { registry } from "./documentation";

interface Row {
  /** Arguments that hold an IPv4 block, or a list of them. */
  readonly ipv4?: readonly string[];
  readonly ipv6?: readonly string[];
  readonly source: string;
}

const row = (page: string, names: Omit<Row, "source">): Row => ({ ...names, source: registry(page) });
const ruled = { ipv4: ["cidr_ipv4"], ipv6: ["cidr_ipv6"] };

/** Arguments that must be a CIDR block, written with its first address. */
export const CIDR_ARGUMENTS: Readonly<Record<string, Row>> = {
  aws_network_acl_rule: row("network_acl_rule", { ipv4: ["cidr_block"], ipv6: ["ipv6_cidr_block"] }),
  aws_route: row("route", { ipv4: ["destination_cidr_block"], ipv6: ["destination_ipv6_cidr_block"] }),
  aws_security_group_rule: row("security_group_rule", { ipv4: ["cidr_blocks"], ipv6: ["ipv6_cidr_blocks"] }),
  aws_subnet: row("subnet", { ipv4: ["cidr_block"], ipv6: ["ipv6_cidr_block"] }),
  aws_vpc: row("vpc", { ipv4: ["cidr_block"] }),
  aws_vpc_ipv4_cidr_block_association: row("vpc_ipv4_cidr_block_association", { ipv4: ["cidr_block"] }),
  aws_vpc_security_group_egress_rule: row("vpc_security_group_egress_rule", ruled),
  aws_vpc_security_group_ingress_rule: row("vpc_security_group_ingress_rule", ruled),
};
