import { addressAt, formatAddress, parseAddress, parsePrefix } from "./prefix";
import { NetworkInterface, Subnet, Topology } from "./topology";

/** Remote addresses for `internet`, from the documentation blocks of RFC 5737 and RFC 3849. */
export const REMOTE = { ipv4: "198.51.100.10", ipv6: "2001:db8:ffff::10" } as const;

/** An assumed host gets the tenth address of its subnet, which is free as a rule. */
const ASSUMED_OFFSET = 10n;

/** One end of a walk: an interface of the topology, or an address outside of it. */
export interface Host {
  readonly networkInterface?: NetworkInterface;
  /** Address on the internet. */
  readonly outside?: string;
  /** The topology, with the assumed host where one was asked for. */
  readonly topology: Topology;
}

/**
 * Finds one end of a walk.
 *
 * @param name address, id or Name tag of an instance, network interface or subnet; an IP address; or `internet`
 * @throws Error when it names nothing
 */
export function findHost(topology: Topology, name: string, family: "ipv4" | "ipv6"): Host {
  if (name === "internet") return { outside: REMOTE[family], topology };
  const byAddress = topology.networkInterfaces.find((one) =>
    [...one.privateIps, ...one.ipv6Addresses, one.publicIp].includes(name),
  );
  if (byAddress) return { networkInterface: byAddress, topology };
  if (parseAddress(name)) return { outside: name, topology };
  const named = topology.networkInterfaces.find(
    (one) => one.deviceIndex === 0 && [one.id, one.ownerId, one.address, one.tags.Name].includes(name),
  );
  if (named) return { networkInterface: named, topology };
  const subnet = topology.subnets.find((one) => [one.id, one.address, one.tags.Name].includes(name));
  if (subnet) return assumedHost(topology, subnet);
  const known =
    topology.instances
      .map((one) => one.address)
      .slice(0, 5)
      .join(", ") || "none";
  throw new Error(
    `walk: no such host, got '${name}'; name an instance (${known}), a network interface, a subnet or an IP address`,
  );
}

/** A host in a subnet that the plan leaves empty, with a public address, security groups that allow everything, and the subnet's tenth address. */
function assumedHost(topology: Topology, subnet: Subnet): Host {
  const at = (cidr: string | undefined) => {
    const prefix = cidr === undefined ? undefined : parsePrefix(cidr);
    return prefix ? [formatAddress(addressAt(prefix, ASSUMED_OFFSET))] : [];
  };
  const networkInterface: NetworkInterface = {
    id: `host in ${subnet.id}`,
    address: `a host in ${subnet.address}`,
    tags: {},
    subnetId: subnet.id,
    kind: "host",
    privateIps: at(subnet.ipv4Cidr),
    ipv6Addresses: at(subnet.ipv6Cidr),
    addressAssumed: true,
    publicIp: "assigned by AWS",
    sourceDestCheck: true,
    securityGroupIds: [],
    deviceIndex: 0,
  };
  return {
    networkInterface,
    topology: { ...topology, networkInterfaces: [...topology.networkInterfaces, networkInterface] },
  };
}
