import { lookUpRoute } from "../../topology/look-up-route";
import { addressAt, contains, formatAddress, parseAddress, parsePrefix } from "../../topology/prefix";
import { routeTableOfSubnet } from "../../topology/route-table-of";
import { applianceIds } from "../../topology/targets";
import {
  byId,
  Instance,
  LoadBalancer,
  NetworkInterface,
  Subnet,
  Topology,
  Vpc,
  VpcEndpoint,
} from "../../topology/topology";

/** A VPC and the namespace that is its router. */
export interface WiredVpc {
  readonly host: string;
  readonly vpc: Vpc;
}

/** What all ports of a VPC's router have. */
export interface Port {
  readonly vpc: WiredVpc;
  readonly subnet: Subnet;
  /** Interface of the router. */
  readonly routerInterface: string;
  readonly routerMac: string;
  /** At the other end. */
  readonly mac: string;
  /** Addresses that are reached by this port. */
  readonly addresses: readonly string[];
}

/** The only or first network interface of an instance. */
export interface InstancePort extends Port {
  /** Namespace of the instance. */
  readonly host: string;
  readonly role: "client" | "appliance" | "other";
  readonly instance: Instance;
  readonly networkInterface: NetworkInterface;
  /** Public address at the internet gateway, if it has one. */
  readonly publicAddress?: string;
}

/** A Gateway Load Balancer endpoint. */
export interface EndpointPort extends Port {
  readonly endpoint: VpcEndpoint;
  /** Interface in the load balancer's namespace. */
  readonly interface: string;
  /** As GENEVE carries them. */
  readonly id: string;
  readonly attachment: string;
}

/** The load balancer's own interface in one zone. */
export interface NodePort extends Port {
  readonly zone: string;
  readonly interface: string;
}

/** Every network interface of a topology with its place in the lab. */
export interface Wiring {
  readonly topology: Topology;
  readonly vpcs: readonly WiredVpc[];
  readonly instances: readonly InstancePort[];
  readonly endpoints: readonly EndpointPort[];
  readonly nodes: readonly NodePort[];
}

/** What internet gateways map where the plan knows no public address: RFC 5737's TEST-NET-3. */
const PUBLIC = parsePrefix("203.0.113.0/24");

/** The emulated internet's own, RFC 5737's TEST-NET-1 and TEST-NET-2. */
const INTERNETS_OWN = ["192.0.2.0/24", "198.51.100.0/24"].flatMap((cidr) => parsePrefix(cidr) ?? []);

/**
 * Gives every VPC, instance, endpoint and load balancer node of a topology its namespace, interfaces and addresses.
 *
 * An instance is an `appliance` when a Gateway Load Balancer sends it packets, a `client` when its subnet's default
 * route leads to an endpoint; the names follow, with a number where there are several.
 *
 * @throws Error when there is no Gateway Load Balancer, or an instance without a known subnet
 */
export function wire(topology: Topology): Wiring {
  const balancers = topology.loadBalancers.filter(({ kind }) => kind === "gateway");
  const [balancer] = balancers;
  if (balancer === undefined || balancers.length > 1) {
    throw new Error(
      `lab: needs exactly one Gateway Load Balancer, got ${String(balancers.length)}; name a plan that has one`,
    );
  }
  const mac = macs();
  const vpcs = vpcsOf(topology, balancer);
  const port = (subnet: Subnet, routerInterface: string, addresses: readonly string[]): Port => {
    const vpc = vpcs.find((one) => one.vpc.id === subnet.vpcId);
    if (!vpc)
      throw new Error(`lab: ${subnet.address} is in no VPC of the plan, got '${subnet.vpcId}'; plan the VPC too`);
    return { vpc, subnet, routerInterface, addresses, routerMac: mac(), mac: mac() };
  };
  const names = namesOf(topology);
  const publicAddresses = publicAddressesOf(topology);
  const instances = topology.instances.map((instance): InstancePort => {
    const networkInterface = topology.networkInterfaces.find(
      (one) => one.ownerId === instance.id && one.deviceIndex === 0,
    );
    const { host, role } = names.get(instance.id) ?? { host: "host", role: "other" as const };
    if (!networkInterface)
      throw new Error(`lab: ${instance.address} has no network interface whose subnet is known; set its subnet_id`);
    const addresses = [...networkInterface.privateIps, ...networkInterface.ipv6Addresses];
    const publicAddress = publicAddresses.get(networkInterface.id);
    return {
      ...port(subnetOf(topology, networkInterface.subnetId), host.slice(0, 15), addresses),
      ...{ host, role, instance, networkInterface },
      ...(publicAddress === undefined ? {} : { publicAddress }),
    };
  });
  const endpoints = topology.endpoints
    .filter(({ kind }) => kind === "GatewayLoadBalancer")
    .flatMap((endpoint) => endpoint.subnetIds.map((subnetId) => ({ endpoint, subnet: subnetOf(topology, subnetId) })))
    .map(({ endpoint, subnet }, index): EndpointPort => {
      const name = `ep-${String(index + 1)}`;
      const digits = (index + 1).toString(16).padStart(2, "0");
      return {
        ...port(subnet, name, [freeAddress(topology, subnet)]),
        ...{ endpoint, interface: name, id: `0a1b2c3d4e5f60${digits}`, attachment: `0f00000000000a${digits}` },
      };
    });
  const nodes = balancer.subnetIds.map((subnetId, index): NodePort => {
    const subnet = subnetOf(topology, subnetId);
    const name = `lb-${String(index + 1)}`;
    return { ...port(subnet, name, [freeAddress(topology, subnet)]), interface: name, zone: subnet.zone ?? "" };
  });
  return { topology, vpcs, instances, endpoints, nodes };
}

/** By network interface: the plan's own address, so that what is seen is what the plan says, or else a free one. */
function publicAddressesOf({ networkInterfaces }: Topology): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const taken = new Set<string>();
  const give = (id: string, address: string): void => {
    found.set(id, address);
    taken.add(address);
  };
  const isPublic = networkInterfaces.filter(({ publicIp }) => publicIp !== undefined);
  for (const { id, publicIp = "" } of isPublic) {
    const address = parseAddress(publicIp);
    const isUsable = address?.family === "ipv4" && !INTERNETS_OWN.some((own) => contains(own, address));
    if (isUsable && !taken.has(publicIp)) give(id, publicIp);
  }
  for (const { id } of isPublic.filter((one) => !found.has(one.id))) {
    for (let host = 10n; PUBLIC && !found.has(id); host++) {
      const address = formatAddress(addressAt(PUBLIC, host));
      if (!taken.has(address)) give(id, address);
    }
  }
  return found;
}

/** The VPC of the load balancer, those with endpoints, and others. */
function vpcsOf(topology: Topology, balancer: LoadBalancer): WiredVpc[] {
  const inspection = new Set(balancer.subnetIds.map((id) => subnetOf(topology, id).vpcId));
  const inspected = new Set(
    topology.endpoints.filter(({ kind }) => kind === "GatewayLoadBalancer").map(({ vpcId }) => vpcId),
  );
  const names = topology.vpcs.map(({ id }) =>
    inspection.has(id) ? "inspection-vpc" : inspected.has(id) ? "client-vpc" : "vpc",
  );
  return topology.vpcs.map((vpc, index) => ({ vpc, host: numbered(names, index) }));
}

/** A name, with its number among those alike where there are several. */
function numbered(names: readonly string[], index: number): string {
  const name = names[index] ?? "";
  if (names.filter((one) => one === name).length === 1) return name;
  return `${name}-${String(names.slice(0, index + 1).filter((one) => one === name).length)}`;
}

/** Role and namespace of every instance. */
function namesOf(topology: Topology): Map<string, { host: string; role: InstancePort["role"] }> {
  const appliances = applianceIds(topology);
  const roles = topology.instances.map((instance) => {
    const role = appliances.has(instance.id) ? "appliance" : isInspected(topology, instance) ? "client" : "other";
    return { id: instance.id, role, name: role === "other" ? resourceName(instance.address) : role } as const;
  });
  const names = roles.map(({ name }) => name);
  return new Map(roles.map(({ id, role }, index) => [id, { role, host: numbered(names, index) }]));
}

/** `aws_instance.bastion_eu-west-1a_bastion_instance_38DDD96C` is `bastion`, as `aws_instance.bastion` is. */
function resourceName(address: string): string {
  return /\.([A-Za-z]+)[^.]*$/.exec(address)?.[1]?.toLowerCase().slice(0, 10) ?? "host";
}

/** Whether the default route of the instance's subnet leads to a Gateway Load Balancer endpoint. */
function isInspected(topology: Topology, instance: Instance): boolean {
  const subnet = byId(
    topology.subnets,
    topology.networkInterfaces.find((one) => one.ownerId === instance.id)?.subnetId,
  );
  return subnet !== undefined && isInspectedSubnet(topology, subnet);
}

/** Whether the default route of a subnet leads to a Gateway Load Balancer endpoint. */
export function isInspectedSubnet(topology: Topology, subnet: Subnet): boolean {
  const choice = routeTableOfSubnet(topology, subnet);
  const anywhere = parseAddress("198.51.100.80");
  if (choice.kind !== "table" || !anywhere) return false;
  const found = lookUpRoute(topology, choice.table, anywhere);
  if (found.kind !== "route" || found.route.target.kind !== "VPC endpoint") return false;
  return byId(topology.endpoints, found.route.target.id)?.kind === "GatewayLoadBalancer";
}

function subnetOf(topology: Topology, id: string): Subnet {
  const subnet = byId(topology.subnets, id);
  if (!subnet) throw new Error(`lab: the plan has no subnet '${id}'; plan the subnets too`);
  return subnet;
}

/** The last usable address of a subnet that no network interface of the plan has. */
function freeAddress({ networkInterfaces }: Topology, subnet: Subnet): string {
  const prefix = parsePrefix(subnet.ipv4Cidr ?? "");
  if (!prefix)
    throw new Error(`lab: ${subnet.address} has no IPv4 CIDR block, got '${subnet.ipv4Cidr ?? ""}'; set cidr_block`);
  const taken = new Set(networkInterfaces.flatMap(({ privateIps }) => privateIps));
  // AWS keeps the first four and the last: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
  for (let offset = (1n << BigInt(32 - prefix.length)) - 2n; offset >= 4n; offset--) {
    const address = formatAddress(addressAt(prefix, offset));
    if (!taken.has(address)) return address;
  }
  throw new Error(`lab: ${subnet.address} has no free address, got ${subnet.ipv4Cidr ?? ""}; make it larger`);
}

/** Locally administered addresses (IEEE 802 §8.4), one after the other. */
function macs(): () => string {
  let next = 0;
  return () => {
    next += 1;
    return `02:00:00:00:${(next >> 8).toString(16).padStart(2, "0")}:${(next & 0xff).toString(16).padStart(2, "0")}`;
  };
}
