import { Packet, protocolMatches } from "./packet";
import { contains, parsePrefix } from "./prefix";
import { FilterVerdict } from "./security-group-verdict";
import { byId, NetworkAcl, Subnet, Topology } from "./topology";

/** What a subnet's network ACL says of a packet that enters or leaves the subnet: the first matching rule, else deny. */
export function networkAclVerdict(
  topology: Topology,
  subnet: Subnet,
  direction: "ingress" | "egress",
  packet: Packet,
): FilterVerdict {
  const acl = networkAclOf(topology, subnet);
  const result = (name: string, decision: FilterVerdict["decision"], why: string): FilterVerdict => ({
    filter: "network ACL",
    name,
    direction,
    decision,
    why,
  });
  if (!acl)
    return result(
      `default network ACL of ${byId(topology.vpcs, subnet.vpcId)?.address ?? subnet.vpcId}`,
      "allow",
      "a default network ACL allows everything",
    );
  const peer = direction === "ingress" ? packet.source : packet.destination;
  for (const rule of acl.rules) {
    if (rule.direction !== direction || !protocolMatches(rule.protocol, packet.protocol)) continue;
    const { fromPort = 0, toPort = 65535 } = rule;
    const anyPort = rule.protocol === "-1" || packet.destinationPort === undefined;
    if (!anyPort && (packet.destinationPort < fromPort || packet.destinationPort > toPort)) continue;
    const prefix = parsePrefix(rule.cidr);
    if (!prefix) continue;
    if (!peer.address && prefix.length > 0)
      return result(acl.address, "undetermined", `whether ${peer.text} is in ${rule.cidr} is not known yet`);
    if (peer.address && !contains(prefix, peer.address)) continue;
    return result(acl.address, rule.action, `rule ${rule.number} ${rule.action === "allow" ? "allows" : "denies"} it`);
  }
  return result(acl.address, "deny", "no rule matches");
}

/** The network ACL of a subnet; nothing when it is AWS's default one as AWS makes it, which allows everything. */
export function networkAclOf(topology: Topology, subnet: Subnet): NetworkAcl | undefined {
  const explicit = topology.networkAcls.find((acl) => acl.subnetIds.includes(subnet.id));
  if (explicit) return explicit;
  const vpc = byId(topology.vpcs, subnet.vpcId);
  return topology.networkAcls.find(
    (acl) => acl.isDefault && (acl.vpcId === subnet.vpcId || acl.id === vpc?.defaultNetworkAclId),
  );
}
