import { EMPTY_FABRIC, Fabric, join, keepTtl, Link, nftables, steps, sysctls } from "./fabric";
import { ROUTER_TO_GATEWAY } from "./vpc-router";
import { WiredVpc, Wiring } from "./wiring";
import { VPC_MTU } from "./network-interface";

/** Addresses of the internet's servers and of a host that connects inwards, RFC 5737's TEST-NET-2. */
export const INTERNET = {
  web: "198.51.100.80",
  blocked: "198.51.100.81",
  /** What `cdn.example.test` is to the inspection VPC's resolver; `web` to the client VPC's. */
  otherWeb: "198.51.100.82",
  /** S3, in every region. */
  storage: "198.51.100.83",
  outside: "198.51.100.194",
  outsideRouter: "198.51.100.193",
} as const;

/** Bytes; what crosses an internet gateway. */
const INTERNET_MTU = 1500;

/** The internet: a router with web servers, a host that connects inwards, and every VPC's internet gateway. */
export function internet(wiring: Wiring): Fabric {
  const gateways = wiring.vpcs
    .filter(({ vpc }) =>
      wiring.topology.gateways.some((one) => one.vpcId === vpc.id && one.kind === "internet gateway"),
    )
    .map((vpc, index) => internetGateway(wiring, vpc, index));
  const outside: Link = {
    mtu: INTERNET_MTU,
    ends: [
      { host: "internet", name: "outside", mac: "02:00:00:02:00:01", addresses: [`${INTERNET.outsideRouter}/30`] },
      { host: "outside", name: "eth0", mac: "02:00:00:02:00:02", addresses: [`${INTERNET.outside}/30`] },
    ],
  };
  return join([
    {
      ...EMPTY_FABRIC,
      hosts: ["internet", "outside"],
      links: [outside],
      steps: [
        sysctls("internet", {
          "net.ipv4.ip_forward": 1,
          "net.ipv4.conf.all.rp_filter": 0,
          "net.ipv4.conf.default.rp_filter": 0,
        }),
        ...[INTERNET.web, INTERNET.blocked, INTERNET.otherWeb, INTERNET.storage].flatMap((address) =>
          steps("internet", `ip address add ${address} dev lo`),
        ),
        ...steps("outside", `ip route add default via ${INTERNET.outsideRouter}`),
      ],
    },
    ...gateways,
  ]);
}

/**
 * A VPC's internet gateway: 1:1 NAT between public and private addresses, nothing for an address without a public one.
 *
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
 */
function internetGateway(wiring: Wiring, vpc: WiredVpc, index: number): Fabric {
  const host = `${vpc.host}-igw`;
  const uplink = `igw-${String(index + 1)}`;
  const [here, there] = [`192.0.2.${String(4 * index + 2)}`, `192.0.2.${String(4 * index + 1)}`];
  const mapped = wiring.instances
    .filter((port) => port.vpc === vpc && port.publicAddress !== undefined)
    .map(({ publicAddress = "", networkInterface }) => ({
      publicAddress,
      privateAddress: networkInterface.privateIps[0] ?? "",
    }));
  const mac = (end: number): string => `02:00:00:03:${String(index).padStart(2, "0")}:0${String(end)}`;
  const links: Link[] = [
    {
      mtu: VPC_MTU,
      ends: [
        { host: vpc.host, name: "igw", mac: mac(1), addresses: [] },
        { host, name: "vpc", mac: mac(2), addresses: [] },
      ],
    },
    {
      mtu: INTERNET_MTU,
      ends: [
        { host, name: "public", mac: mac(3), addresses: [`${here}/30`] },
        { host: "internet", name: uplink, mac: mac(4), addresses: [`${there}/30`] },
      ],
    },
  ];
  return {
    ...EMPTY_FABRIC,
    hosts: [host],
    links,
    steps: [
      sysctls(host, {
        "net.ipv4.ip_forward": 1,
        "net.ipv4.conf.all.rp_filter": 0,
        "net.ipv4.conf.default.rp_filter": 0,
      }),
      ...keepTtl(host),
      ...steps(vpc.host, `ip neigh replace ${ROUTER_TO_GATEWAY.gateway} lladdr ${mac(2)} nud permanent dev igw`),
      ...steps(
        host,
        `ip neigh replace ${ROUTER_TO_GATEWAY.router} lladdr ${mac(1)} nud permanent dev vpc`,
        ...vpc.vpc.ipv4Cidrs.map((cidr) => `ip route add ${cidr} via ${ROUTER_TO_GATEWAY.router} dev vpc onlink`),
        `ip route add default via ${there}`,
      ),
      nftables(host, oneToOneNat(mapped)),
      ...mapped.flatMap(({ publicAddress }) => steps("internet", `ip route add ${publicAddress} via ${here}`)),
    ],
  };
}

function oneToOneNat(mapped: readonly { readonly publicAddress: string; readonly privateAddress: string }[]): string {
  const map = (from: "publicAddress" | "privateAddress", to: "publicAddress" | "privateAddress"): string =>
    mapped.map((one) => `${one[from]} : ${one[to]}`).join(", ");
  const privates = mapped.map(({ privateAddress }) => privateAddress).join(", ");
  if (mapped.length === 0)
    return "table ip igw {\n  chain forward {\n    type filter hook forward priority 0; policy drop\n  }\n}\n";
  return `table ip igw {
  chain in {
    type nat hook prerouting priority -100;
    iifname "public" dnat to ip daddr map { ${map("publicAddress", "privateAddress")} }
  }
  chain out {
    type nat hook postrouting priority 100;
    oifname "public" snat to ip saddr map { ${map("privateAddress", "publicAddress")} }
  }
  chain forward {
    type filter hook forward priority 0;
    iifname "vpc" ip saddr != { ${privates} } counter drop comment "no public address"
    iifname "public" ip daddr != { ${privates} } counter drop comment "no public address"
  }
}
`;
}
