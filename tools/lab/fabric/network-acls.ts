import { networkAclOf } from "../../topology/network-acl-verdict";
import type { NetworkAcl, NetworkAclRule, Subnet } from "../../topology/topology";
import { protocolMatch } from "./network-interface";
import type { Port, WiredVpc, Wiring } from "./wiring";

/**
 * The network ACLs of a VPC's subnets as an nftables ruleset of its router: stateless, in the order of their numbers, for what leaves a subnet
 * and for what enters one. What stays in a subnet, and what goes to the router's own resolver, is not filtered.
 *
 * @returns nothing when every subnet has AWS's default network ACL, which allows everything
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html
 */
export function networkAclRules(wiring: Wiring, vpc: WiredVpc): string | undefined {
  const ports = [...wiring.instances, ...wiring.endpoints, ...wiring.nodes].filter((port) => port.vpc === vpc);
  const subnets = new Map(ports.map(({ subnet }) => [subnet.id, subnet]));
  const filtered = [...subnets.values()].flatMap((subnet) => {
    const acl = networkAclOf(wiring.topology, subnet);
    return acl ? [{ subnet, acl }] : [];
  });
  if (filtered.length === 0) return undefined;
  const acls = [...new Set(filtered.map(({ acl }) => acl))];
  const chain = (acl: NetworkAcl, direction: string): string => `${direction}_${String(acls.indexOf(acl) + 1)}`;
  const egress = filtered.map(({ subnet, acl }) => {
    const own = interfacesIn(ports, subnet);
    return `iifname ${own} oifname != ${own} jump ${chain(acl, "egress")}`;
  });
  const ingress = filtered.map(({ subnet, acl }) => {
    const own = interfacesIn(ports, subnet);
    return `oifname ${own} iifname != ${own} jump ${chain(acl, "ingress")}`;
  });
  const chains = acls.flatMap((acl) =>
    (["egress", "ingress"] as const).flatMap((direction) => [
      `  chain ${chain(acl, direction)} {`,
      ...acl.rules.filter((rule) => rule.direction === direction).map((rule) => `    ${ruleLine(rule)}`),
      `    counter drop comment "no rule of the network ACL matches"`,
      "  }",
    ]),
  );
  const forward = ["  chain forward {", "    type filter hook forward priority 0"];
  return [
    "table inet network_acls {",
    ...chains,
    ...[...forward, ...[...egress, ...ingress].map((line) => `    ${line}`), "  }"],
    "}",
    "",
  ].join("\n");
}

function interfacesIn(ports: readonly Port[], subnet: Subnet): string {
  const names = ports.filter((port) => port.subnet.id === subnet.id).map(({ routerInterface }) => routerInterface);
  return `{ ${names.map((name) => `"${name}"`).join(", ")} }`;
}

/** An allowed packet goes on to the other subnet's network ACL. */
function ruleLine({ direction, action, protocol, cidr, fromPort, toPort, icmpType }: NetworkAclRule): string {
  const isIcmp = ["1", "58", "icmp", "icmpv6"].includes(protocol);
  const ports = isIcmp ? { fromPort: icmpType } : { fromPort, toPort };
  const family = cidr.includes(":") ? "ip6" : "ip";
  const peer = `${family} ${direction === "egress" ? "daddr" : "saddr"} ${cidr}`;
  return `${peer}${protocolMatch({ protocol, ...ports })} counter ${action === "allow" ? "return" : "drop"}`;
}
