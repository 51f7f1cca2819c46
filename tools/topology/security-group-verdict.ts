import { Packet, protocolMatches } from "./packet";
import { contains, parsePrefix } from "./prefix";
import { byId, NetworkInterface, SecurityGroupRule, Subnet, Topology } from "./topology";

/** What a packet filter says of a packet. */
export interface FilterVerdict {
  readonly filter: "security group" | "network ACL";
  /** Terraform's address of the filter, or what stands for it. */
  readonly name: string;
  readonly direction: "ingress" | "egress";
  readonly decision: "allow" | "deny" | "undetermined";
  readonly why: string;
}

/** What the security groups of `networkInterface` say of a flow's first packet. They are stateful: replies pass. */
export function securityGroupVerdict(
  topology: Topology,
  networkInterface: NetworkInterface,
  subnet: Subnet | undefined,
  direction: "ingress" | "egress",
  packet: Packet,
): FilterVerdict {
  const ids = groupsOf(topology, networkInterface, subnet);
  const groups = ids.map((id) => ({ id, group: byId(topology.securityGroups, id) }));
  const name = groups.map(({ id, group }) => group?.address ?? id).join(", ") || "the VPC's default security group";
  const result = (decision: FilterVerdict["decision"], why: string): FilterVerdict => ({
    filter: "security group",
    name,
    direction,
    decision,
    why,
  });
  const rules = groups.flatMap(({ group }) => group?.rules ?? []).filter((rule) => rule.direction === direction);
  const verdicts = rules.map((rule) => ({ rule, match: matches(topology, rule, packet) }));
  const allowed = verdicts.find((one) => one.match === true);
  if (allowed) return result("allow", `${allowed.rule.address} allows it`);
  const unsure = verdicts.find((one) => typeof one.match === "string");
  if (unsure) return result("undetermined", String(unsure.match));
  if (networkInterface.undeterminedSecurityGroups !== undefined)
    return result("undetermined", networkInterface.undeterminedSecurityGroups);
  const absent = groups.find(({ group }) => !group);
  if (!absent && groups.length > 0) return result("deny", `no ${direction} rule matches`);
  const isDefault = absent === undefined || byId(topology.vpcs, subnet?.vpcId)?.defaultSecurityGroupId === absent.id;
  if (!isDefault) return result("undetermined", `${absent.id} is not in the ${topology.source}`);
  if (direction === "egress") return result("allow", "a default security group allows everything out");
  const peer = topology.networkInterfaces.find((one) => one.id === packet.source.interfaceId);
  const isMember =
    peer !== undefined &&
    groupsOf(topology, peer, byId(topology.subnets, peer.subnetId)).some((id) => ids.includes(id));
  return isMember
    ? result("allow", "both are members of the default security group")
    : result("deny", "a default security group lets in its members only");
}

/** An interface without security groups has its VPC's default one. */
function groupsOf(
  topology: Topology,
  networkInterface: NetworkInterface,
  subnet: Subnet | undefined,
): readonly string[] {
  if (networkInterface.securityGroupIds.length > 0) return networkInterface.securityGroupIds;
  const vpc = byId(topology.vpcs, subnet?.vpcId);
  const own = topology.resources.find(
    (one) => one.type === "aws_default_security_group" && one.values.vpc_id === vpc?.id && vpc !== undefined,
  );
  const id = topology.securityGroups.find((group) => group.address === own?.address)?.id ?? vpc?.defaultSecurityGroupId;
  return id === undefined ? [] : [id];
}

/** @returns whether the rule matches, or why that cannot be said */
function matches(topology: Topology, rule: SecurityGroupRule, packet: Packet): boolean | string {
  if (!protocolMatches(rule.protocol, packet.protocol) || !portMatches(rule, packet)) return false;
  const peer = rule.direction === "ingress" ? packet.source : packet.destination;
  switch (rule.peer.kind) {
    case "cidr":
      return inCidr(rule.peer.cidr, peer);
    case "security group": {
      const { id } = rule.peer;
      const member = topology.networkInterfaces.find((one) => one.id === peer.interfaceId);
      return member !== undefined && groupsOf(topology, member, byId(topology.subnets, member.subnetId)).includes(id);
    }
    case "prefix list": {
      const list = byId(topology.prefixLists, rule.peer.id);
      if (!list) return `${rule.address}: the entries of ${rule.peer.id} are not in the ${topology.source}`;
      return list.cidrs.some((cidr) => inCidr(cidr, peer) === true);
    }
    case "undetermined":
      return rule.peer.why;
  }
}

function inCidr(cidr: string, peer: Packet["source"]): boolean | string {
  const prefix = parsePrefix(cidr);
  if (!prefix) return false;
  if (!peer.address)
    return prefix.length === 0 ? prefix.family === "ipv4" : `whether ${peer.text} is in ${cidr} is not known yet`;
  return contains(prefix, peer.address);
}

function portMatches(rule: SecurityGroupRule, packet: Packet): boolean {
  if (rule.protocol === "-1" || rule.protocol === "all" || packet.destinationPort === undefined) return true;
  const { fromPort = 0, toPort = 65535 } = rule;
  return fromPort <= packet.destinationPort && packet.destinationPort <= toPort;
}
