import { addressAt, formatAddress, parseAddress, parsePrefix } from "../../topology/prefix";
import { routeTableOfGateway, routeTableOfSubnet } from "../../topology/route-table-of";
import { byId, Route, RouteTable, Subnet } from "../../topology/topology";
import { EMPTY_FABRIC, Fabric, keepTtl, nftables, Step, steps, sysctls } from "./fabric";
import { networkAclRules } from "./network-acls";
import { Port, WiredVpc, Wiring } from "./wiring";

/** Link-local ends of the cable between a VPC's router and its internet gateway, RFC 3927. */
export const ROUTER_TO_GATEWAY = { router: "169.254.100.1", gateway: "169.254.100.2" } as const;

/** Routing table with one route for each address in the VPC: where AWS's `local` routes lead. */
const LOCAL_TABLE = 1000;
const FIRST_TABLE = 1001;

/**
 * A VPC's router: one namespace whose route tables are the plan's, chosen by where a packet comes in.
 *
 * AWS's `local` route becomes `throw`, which ends the look-up in that table and goes on to the one with every interface of
 * the VPC: so a longer prefix in a route table wins over `local`, as it does at AWS.
 */
export function vpcRouter(wiring: Wiring, vpc: WiredVpc): Fabric {
  const { host } = vpc;
  const ports = [...wiring.instances, ...wiring.endpoints, ...wiring.nodes].filter((port) => port.vpc === vpc);
  const tables = wiring.topology.routeTables.filter((table) => table.vpcId === vpc.vpc.id);
  const number = (table: RouteTable): number => FIRST_TABLE + tables.indexOf(table);
  const acls = networkAclRules(wiring, vpc);
  const routes = tables.flatMap((table) => routesOf(wiring, vpc, table, number(table)));
  return {
    ...EMPTY_FABRIC,
    hosts: [host],
    steps: [
      sysctls(host, {
        "net.ipv4.ip_forward": 1,
        "net.ipv6.conf.all.forwarding": 1,
        "net.ipv4.conf.all.rp_filter": 0,
        "net.ipv4.conf.default.rp_filter": 0,
        "net.ipv4.conf.all.send_redirects": 0,
        "net.ipv4.conf.default.send_redirects": 0,
        // Instances ask for their neighbours' MAC addresses; at AWS the fabric answers.
        "net.ipv4.conf.all.proxy_arp": 1,
        ...Object.fromEntries(ports.map((port) => [`net.ipv4.neigh.${port.routerInterface}.proxy_delay`, 0])),
      }),
      ...keepTtl(host),
      ...routerAddresses(ports).flatMap((address) => steps(host, `ip address add ${address} dev lo`)),
      ...ports.flatMap((port) => portSteps(port)),
      ...routes.flatMap(({ step }) => step ?? []),
      ...ports.flatMap((port, index) => ingressRule(wiring, port, 100 + index, number)),
      ...gatewayRule(wiring, vpc, number),
      ...steps(host, `ip rule add pref 900 lookup ${String(LOCAL_TABLE)}`, "ip rule add pref 901 blackhole"),
      ...steps(host, `ip -6 rule add pref 900 lookup ${String(LOCAL_TABLE)}`, "ip -6 rule add pref 901 blackhole"),
      ...(acls === undefined ? [] : [nftables(host, acls)]),
    ],
    notes: routes.flatMap(({ note }) => note ?? []),
  };
}

/** AWS's router has the first address of every subnet; the resolver has the VPC's second. */
function routerAddresses(ports: readonly Port[]): string[] {
  const subnets = ports.flatMap(({ subnet }) => [subnet.ipv4Cidr, subnet.ipv6Cidr]);
  const firsts = subnets.flatMap((cidr) => nth(cidr, 1n));
  const resolvers = ports.slice(0, 1).flatMap(({ vpc }) => nth(vpc.vpc.ipv4Cidrs[0], 2n));
  return [...new Set([...firsts, ...resolvers])];
}

/** The router's address in a subnet, which is the default gateway of its instances. */
export function routerAddress(subnet: Subnet): string {
  const [address] = nth(subnet.ipv4Cidr, 1n);
  if (address === undefined) throw new Error(`lab: ${subnet.address} has no IPv4 CIDR block; set cidr_block`);
  return address;
}

/** The resolver's address in a VPC: its base plus two. */
export function resolverAddress({ vpc }: WiredVpc): string {
  const [address] = nth(vpc.ipv4Cidrs[0], 2n);
  if (address === undefined) throw new Error(`lab: ${vpc.address} has no IPv4 CIDR block; set cidr_block`);
  return address;
}

function nth(cidr: string | undefined, offset: bigint): string[] {
  const prefix = cidr === undefined ? undefined : parsePrefix(cidr);
  return prefix ? [formatAddress(addressAt(prefix, offset))] : [];
}

function portSteps({ vpc: { host }, routerInterface, mac, addresses }: Port): Step[] {
  return addresses.flatMap((address) =>
    steps(
      host,
      `ip neigh replace ${address} lladdr ${mac} nud permanent dev ${routerInterface}`,
      `ip route add ${address} dev ${routerInterface} table ${String(LOCAL_TABLE)}`,
    ),
  );
}

function ingressRule(wiring: Wiring, port: Port, preference: number, number: (table: RouteTable) => number): Step[] {
  const choice = routeTableOfSubnet(wiring.topology, port.subnet);
  if (choice.kind !== "table") return [];
  return fromInterface(port.vpc.host, port.routerInterface, preference, number(choice.table));
}

function gatewayRule(wiring: Wiring, { host, vpc }: WiredVpc, number: (table: RouteTable) => number): Step[] {
  const gateway = wiring.topology.gateways.find((one) => one.vpcId === vpc.id && one.kind === "internet gateway");
  const choice = gateway === undefined ? undefined : routeTableOfGateway(wiring.topology, gateway);
  return choice?.kind === "table" ? fromInterface(host, "igw", 99, number(choice.table)) : [];
}

function fromInterface(host: string, name: string, preference: number, table: number): Step[] {
  const rule = `rule add pref ${String(preference)} iif ${name} lookup ${String(table)}`;
  return steps(host, `ip ${rule}`, `ip -6 ${rule}`);
}

interface RouteStep {
  readonly step?: Step[];
  readonly note?: string;
}

function routesOf(wiring: Wiring, vpc: WiredVpc, table: RouteTable, number: number): RouteStep[] {
  const local = [...vpc.vpc.ipv4Cidrs, ...vpc.vpc.ipv6Cidrs]
    .filter((cidr) => !table.routes.some(({ destination }) => destination === cidr))
    .map((cidr) => ({ step: steps(vpc.host, `ip route add throw ${cidr} table ${String(number)}`) }));
  return [...local, ...table.routes.map((route) => routeStep(wiring, vpc, table, route, number))];
}

function routeStep(wiring: Wiring, vpc: WiredVpc, table: RouteTable, route: Route, number: number): RouteStep {
  const { destination = "", target } = route;
  const prefix = parsePrefix(destination);
  const into = `table ${String(number)}`;
  const where = route.address ?? table.address;
  if (!prefix) return { note: `${where}: the route to ${destination || "an unknown destination"} is not emulated` };
  if (target.kind === "local") return { step: steps(vpc.host, `ip route add throw ${destination} ${into}`) };
  if (target.kind === "blackhole") return { step: steps(vpc.host, `ip route add blackhole ${destination} ${into}`) };
  const next = nextHop(wiring, vpc, route, prefix.family);
  if (!next) return { note: `${where}: the route to ${destination} by ${target.kind} is not emulated` };
  return { step: steps(vpc.host, `ip route add ${destination} via ${next} onlink ${into}`) };
}

/** `<address> dev <interface>` of a route's target. */
function nextHop(wiring: Wiring, vpc: WiredVpc, { target }: Route, family: "ipv4" | "ipv6"): string | undefined {
  const by = (port: Port | undefined): string | undefined => {
    const address = port?.addresses.find((one) => parseAddress(one)?.family === family);
    // A route of one family may use a next hop of the other (RFC 5549); neighbours are permanent either way.
    return port && `${address ?? `inet ${port.addresses[0] ?? ""}`} dev ${port.routerInterface}`;
  };
  switch (target.kind) {
    case "internet gateway": {
      const gateway = byId(wiring.topology.gateways, target.id);
      if (gateway?.vpcId !== vpc.vpc.id) return undefined;
      return `${family === "ipv6" ? "inet " : ""}${ROUTER_TO_GATEWAY.gateway} dev igw`;
    }
    case "VPC endpoint":
      return by(wiring.endpoints.find((port) => port.endpoint.id === target.id));
    case "network interface":
      return by(wiring.instances.find((port) => port.networkInterface.id === target.id));
    case "instance":
      return by(wiring.instances.find((port) => port.instance.id === target.id));
    default:
      return undefined;
  }
}
