import { Resource, blocks, flag, number, text, texts } from "../resource";
import { SecurityGroup, SecurityGroupRule } from "../topology";
import { partOf, Resources, whyUndetermined } from "./resources";

type Values = Readonly<Record<string, unknown>>;
type Direction = SecurityGroupRule["direction"];

/** Security groups with their rules: inline blocks, `aws_security_group_rule`, `aws_vpc_security_group_*_rule`. */
export function readSecurityGroups(resources: Resources): readonly SecurityGroup[] {
  return resources.ofType("aws_security_group", "aws_default_security_group").map((resource) => {
    const part = partOf(resource);
    return {
      ...part,
      name: text(resource.values, "name"),
      vpcId: text(resource.values, "vpc_id"),
      rules: [
        ...inline(resource, part.id, "ingress"),
        ...inline(resource, part.id, "egress"),
        ...resources
          .ofType("aws_security_group_rule")
          .filter((rule) => text(rule.values, "security_group_id") === part.id)
          .flatMap((rule) =>
            rulesOf(rule.values, part.id, text(rule.values, "type") === "egress" ? "egress" : "ingress", rule),
          ),
        ...single(resources, part.id, "ingress"),
        ...single(resources, part.id, "egress"),
      ],
    };
  });
}

function inline(group: Resource, id: string, direction: Direction): readonly SecurityGroupRule[] {
  const rules = blocks(group.values, direction).flatMap((block) => rulesOf(block, id, direction, group));
  const why = whyUndetermined(group, direction);
  return why === undefined
    ? rules
    : [...rules, { direction, protocol: "-1", peer: { kind: "undetermined", why }, address: group.address }];
}

/** The older two ways: one block with several peers. */
function rulesOf(values: Values, id: string, direction: Direction, resource: Resource): readonly SecurityGroupRule[] {
  const cidrs = [...texts(values, "cidr_blocks"), ...texts(values, "ipv6_cidr_blocks")];
  const source = text(values, "source_security_group_id");
  const groups = [
    ...texts(values, "security_groups"),
    ...(source === undefined ? [] : [source]),
    ...(flag(values, "self") === true ? [id] : []),
  ];
  const why =
    resource.type === "aws_security_group_rule"
      ? (whyUndetermined(resource, "source_security_group_id") ?? whyUndetermined(resource, "cidr_blocks"))
      : undefined;
  const peers: readonly SecurityGroupRule["peer"][] = [
    ...cidrs.map((cidr) => ({ kind: "cidr" as const, cidr })),
    ...groups.map((group) => ({ kind: "security group" as const, id: group })),
    ...texts(values, "prefix_list_ids").map((list) => ({ kind: "prefix list" as const, id: list })),
    ...(why === undefined ? [] : [{ kind: "undetermined" as const, why }]),
  ];
  const shared = {
    direction,
    protocol: text(values, "protocol") ?? "-1",
    fromPort: number(values, "from_port"),
    toPort: number(values, "to_port"),
  };
  return peers.map((peer) => ({ ...shared, peer, address: resource.address }));
}

function single(resources: Resources, groupId: string, direction: Direction): readonly SecurityGroupRule[] {
  return resources
    .ofType(`aws_vpc_security_group_${direction}_rule`)
    .filter(({ values }) => text(values, "security_group_id") === groupId)
    .map((rule) => ({
      direction,
      protocol: text(rule.values, "ip_protocol") ?? "-1",
      fromPort: number(rule.values, "from_port"),
      toPort: number(rule.values, "to_port"),
      peer: singlePeer(rule),
      address: rule.address,
    }));
}

function singlePeer(rule: Resource): SecurityGroupRule["peer"] {
  const cidr = text(rule.values, "cidr_ipv4") ?? text(rule.values, "cidr_ipv6");
  if (cidr !== undefined) return { kind: "cidr", cidr };
  const group = text(rule.values, "referenced_security_group_id");
  if (group !== undefined) return { kind: "security group", id: group };
  const list = text(rule.values, "prefix_list_id");
  if (list !== undefined) return { kind: "prefix list", id: list };
  const why = ["cidr_ipv4", "cidr_ipv6", "referenced_security_group_id", "prefix_list_id"]
    .map((name) => whyUndetermined(rule, name))
    .find((one) => one !== undefined);
  return { kind: "undetermined", why: why ?? `${rule.address} names no peer` };
}
