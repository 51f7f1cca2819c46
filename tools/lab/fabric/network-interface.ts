import { parsePrefix } from "../../topology/prefix";
import { byId, SecurityGroup, SecurityGroupRule } from "../../topology/topology";
import { EMPTY_FABRIC, Fabric, Link, nftables, steps, sysctls } from "./fabric";
import { InstancePort, Wiring } from "./wiring";
import { resolverAddress, routerAddress } from "./vpc-router";

/** Bytes; EC2's jumbo frames. */
export const VPC_MTU = 9001;

/** The namespace in front of an instance that does what EC2 does outside of it. */
export const interfaceHost = (host: string): string => `${host}-eni`;

/** Where an instance asks for its metadata and its role's credentials; EC2's hypervisor answers, and so does this namespace. */
export const METADATA_ADDRESS = "169.254.169.254";

/** Of the bridge in front of an instance, which no other namespace sees. */
const BRIDGE_MAC = "0e:00:00:00:00:01";

/** Marks of packets while they cross the bridge: br_netfilter shows the bridge's name only. */
const FROM_INSTANCE = 1;
const TO_INSTANCE = 2;

/**
 * An instance and its network interface: two namespaces, so that the instance sees nothing of EC2's security groups and
 * source/destination check, which are a transparent bridge with nftables in front of it.
 */
export function instanceWithInterface(wiring: Wiring, port: InstancePort): Fabric {
  const { host, networkInterface, subnet, vpc } = port;
  const eni = interfaceHost(host);
  const [prefix6] = [subnet.ipv6Cidr];
  const length = parsePrefix(subnet.ipv4Cidr ?? "")?.length ?? 32;
  const [address = ""] = networkInterface.privateIps;
  const links: Link[] = [
    {
      mtu: VPC_MTU,
      ends: [
        { host: vpc.host, name: port.routerInterface, mac: port.routerMac, addresses: [] },
        { host: eni, name: "vpc", mac: `06${port.mac.slice(2)}`, addresses: [] },
      ],
    },
    {
      mtu: VPC_MTU,
      ends: [
        { host: eni, name: "vm", mac: `0a${port.mac.slice(2)}`, addresses: [] },
        {
          host,
          name: "ens5",
          mac: port.mac,
          addresses: [
            `${address}/${String(length)}`,
            ...networkInterface.ipv6Addresses.map((one) => `${one}/${prefix6?.split("/")[1] ?? "128"}`),
          ],
        },
      ],
    },
  ];
  return {
    ...EMPTY_FABRIC,
    hosts: [host, eni],
    links,
    steps: [
      ...steps(
        eni,
        `ip link add br0 address ${BRIDGE_MAC} type bridge mcast_snooping 0`,
        `ip link set br0 mtu ${String(VPC_MTU)}`,
        "ip link set vpc master br0",
        "ip link set vm master br0",
        "ip link set br0 up",
      ),
      sysctls(eni, { "net.bridge.bridge-nf-call-iptables": 1, "net.bridge.bridge-nf-call-ip6tables": 1 }),
      nftables(eni, interfaceRules(wiring, port)),
      ...steps(
        eni,
        `ip address add ${METADATA_ADDRESS}/32 dev br0`,
        `ip route add ${address} dev br0`,
        `ip neigh replace ${address} lladdr ${port.mac} nud permanent dev br0`,
      ),
      // IPv6 as the distribution has it, but no link-local address where the subnet has no IPv6: nobody solicits routers.
      sysctls(host, {
        "net.ipv6.conf.all.disable_ipv6": 0,
        "net.ipv6.conf.default.disable_ipv6": 0,
        ...(networkInterface.ipv6Addresses.length > 0 ? {} : { "net.ipv6.conf.ens5.disable_ipv6": 1 }),
      }),
      // As EC2's DHCP client installs it; a script that adds a default route must cope with this one.
      ...steps(host, `ip route add default via ${routerAddress(subnet)} dev ens5 proto dhcp src ${address} metric 512`),
    ],
  };
}

/**
 * The source/destination check and the security groups of one network interface, as an nftables ruleset.
 *
 * Security groups do not filter what goes to the VPC's resolver.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
 */
export function interfaceRules(wiring: Wiring, port: InstancePort): string {
  const groups = port.networkInterface.securityGroupIds.flatMap((id) => byId(wiring.topology.securityGroups, id) ?? []);
  return `table bridge ec2 {
  chain direction {
    type filter hook prerouting priority -300;
    iifname "vm" meta mark set ${String(FROM_INSTANCE)}
    iifname "vpc" meta mark set ${String(TO_INSTANCE)}
    iifname "vm" ether type ip ip daddr ${METADATA_ADDRESS} meta pkttype set host ether daddr set ${BRIDGE_MAC}
  }
  chain source_destination_check {
    type filter hook forward priority -200;
${port.networkInterface.sourceDestCheck ? indent(sourceDestinationCheck(port)) : ""}
  }
}
table inet security_groups {
  chain forward {
    type filter hook forward priority 0; policy drop
    ct state established,related accept
    meta l4proto ipv6-icmp icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept
    meta l4proto { tcp, udp } meta mark ${String(FROM_INSTANCE)} ip daddr ${resolverAddress(port.vpc)} th dport 53 accept
    meta mark ${String(FROM_INSTANCE)} jump egress
    meta mark ${String(TO_INSTANCE)} jump ingress
    counter comment "no security group rule allows it"
  }
  chain egress {
${indent(ruleLines(wiring, groups, "egress"))}
  }
  chain ingress {
${indent(ruleLines(wiring, groups, "ingress"))}
  }
}
`;
}

const indent = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join("\n");

/** @see https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html#EIP_Disable_SrcDestCheck */
function sourceDestinationCheck({ networkInterface: { privateIps, ipv6Addresses } }: InstancePort): string[] {
  const ipv6 = [...ipv6Addresses, "fe80::/10", "ff00::/8", "::/128"].join(", ");
  return [
    `iifname "vm" ether type ip ip saddr != { ${privateIps.join(", ")} } counter drop comment "source check"`,
    `oifname "vm" ether type ip ip daddr != { ${privateIps.join(", ")} } counter drop comment "destination check"`,
    `iifname "vm" ether type ip6 ip6 saddr != { ${ipv6} } counter drop comment "source check"`,
    `oifname "vm" ether type ip6 ip6 daddr != { ${ipv6} } counter drop comment "destination check"`,
  ];
}

function ruleLines(
  wiring: Wiring,
  groups: readonly SecurityGroup[],
  direction: SecurityGroupRule["direction"],
): string[] {
  return groups
    .flatMap(({ rules }) => rules)
    .filter((rule) => rule.direction === direction)
    .flatMap((rule) => peers(wiring, rule).map((peer) => `${peer}${protocolMatch(rule)} counter accept`));
}

function peers(wiring: Wiring, { direction, peer }: SecurityGroupRule): string[] {
  const cidrs = ((): readonly string[] => {
    switch (peer.kind) {
      case "cidr":
        return [peer.cidr];
      case "security group":
        return wiring.instances
          .filter(({ networkInterface }) => networkInterface.securityGroupIds.includes(peer.id))
          .flatMap(({ addresses }) => addresses);
      case "prefix list":
        return byId(wiring.topology.prefixLists, peer.id)?.cidrs ?? [];
      default:
        return [];
    }
  })();
  return cidrs.map(
    (cidr) => `${cidr.includes(":") ? "ip6" : "ip"} ${direction === "egress" ? "daddr" : "saddr"} ${cidr}`,
  );
}

/** Protocol and destination ports in nftables' words; for ICMP AWS's `from_port` is the type, -1 every one. */
export function protocolMatch({
  protocol,
  fromPort,
  toPort,
}: Pick<SecurityGroupRule, "protocol" | "fromPort" | "toPort">): string {
  const name = { "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6" }[protocol] ?? protocol;
  if (name === "-1" || name === "all") return "";
  const all = fromPort === undefined || fromPort < 0;
  switch (name) {
    case "tcp":
    case "udp":
      return all ? ` meta l4proto ${name}` : ` ${name} dport ${String(fromPort)}-${String(toPort ?? fromPort)}`;
    case "icmp":
      return all ? " meta l4proto icmp" : ` icmp type ${String(fromPort)}`;
    case "icmpv6":
      return all ? " meta l4proto ipv6-icmp" : ` icmpv6 type ${String(fromPort)}`;
    default:
      return ` meta l4proto ${name}`;
  }
}
