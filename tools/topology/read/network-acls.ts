import { Resource, blocks, flag, number, text, texts } from "../resource";
import { NetworkAcl, NetworkAclRule } from "../topology";
import { partOf, Resources } from "./resources";

type Values = Readonly<Record<string, unknown>>;

/** Network ACLs with inline and separate rules and associations. */
export function readNetworkAcls(resources: Resources): readonly NetworkAcl[] {
  return resources.ofType("aws_network_acl", "aws_default_network_acl").map((resource) => {
    const isDefault = resource.type === "aws_default_network_acl";
    const part = partOf(resource);
    const id = (isDefault ? text(resource.values, "default_network_acl_id") : undefined) ?? part.id;
    return {
      ...part,
      id,
      vpcId: text(resource.values, "vpc_id"),
      isDefault,
      subnetIds: [...texts(resource.values, "subnet_ids"), ...associated(resources, id)],
      rules: [...inline(resource), ...separate(resources, id)].sort((one, other) => one.number - other.number),
    };
  });
}

function associated(resources: Resources, id: string): readonly string[] {
  return resources
    .ofType("aws_network_acl_association")
    .filter((one) => text(one.values, "network_acl_id") === id)
    .flatMap((one) => text(one.values, "subnet_id") ?? []);
}

function inline(resource: Resource): readonly NetworkAclRule[] {
  const of = (direction: NetworkAclRule["direction"]) =>
    blocks(resource.values, direction).map((block) =>
      rule(block, direction, number(block, "rule_no") ?? 0, text(block, "action"), text(block, "protocol")),
    );
  return [...of("ingress"), ...of("egress")];
}

function separate(resources: Resources, id: string): readonly NetworkAclRule[] {
  return resources
    .ofType("aws_network_acl_rule")
    .filter((one) => text(one.values, "network_acl_id") === id)
    .map(({ values }) =>
      rule(
        values,
        flag(values, "egress") === true ? "egress" : "ingress",
        number(values, "rule_number") ?? 0,
        text(values, "rule_action"),
        text(values, "protocol"),
      ),
    );
}

function rule(
  values: Values,
  direction: NetworkAclRule["direction"],
  ruleNumber: number,
  action: string | undefined,
  protocol: string | undefined,
): NetworkAclRule {
  return {
    number: ruleNumber,
    direction,
    action: action === "allow" ? "allow" : "deny",
    protocol: protocol ?? "-1",
    cidr: text(values, "cidr_block") ?? text(values, "ipv6_cidr_block") ?? "",
    fromPort: number(values, "from_port"),
    toPort: number(values, "to_port"),
    icmpType: number(values, "icmp_type"),
  };
}
