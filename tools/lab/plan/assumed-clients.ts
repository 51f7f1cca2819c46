import { isInspectedSubnet } from "../fabric/wiring";
import { addressAt, formatAddress, parsePrefix } from "../../topology/prefix";
import type { Instance, NetworkInterface, SecurityGroup, Subnet, Topology } from "../../topology/topology";

/** An assumed client gets the tenth address of its subnet, as an assumed host of a walk does. */
const OFFSET = 10n;

/** Assumed clients let everything in and out. */
const OPEN: SecurityGroup = {
  id: "assumed-clients",
  address: "security group of assumed clients",
  tags: {},
  rules: (["egress", "ingress"] as const).map((direction) => ({
    direction,
    protocol: "-1",
    peer: { kind: "cidr", cidr: "0.0.0.0/0" },
    address: "rule of assumed clients",
  })),
};

/**
 * A topology in which somebody sends packets: where the default route of a subnet leads to an endpoint and the plan has
 * nobody in the subnet, a client with a public address is assumed, as a review assumes a host there.
 */
export function withAssumedClients(topology: Topology): Topology {
  const empty = topology.subnets.filter(
    (subnet) =>
      isInspectedSubnet(topology, subnet) && !topology.networkInterfaces.some(({ subnetId }) => subnetId === subnet.id),
  );
  if (empty.length === 0) return topology;
  return {
    ...topology,
    instances: [...topology.instances, ...empty.map(clientIn)],
    networkInterfaces: [...topology.networkInterfaces, ...empty.map(interfaceIn)],
    securityGroups: [...topology.securityGroups, OPEN],
  };
}

/** Whether the plan knows nothing of this client. */
export function isAssumed({ networkInterface }: { readonly networkInterface: NetworkInterface }): boolean {
  return networkInterface.securityGroupIds.includes(OPEN.id);
}

const nameIn = ({ address }: Subnet): string => `a client in ${address}`;
const interfaceId = ({ id }: Subnet): string => `interface of a client in ${id}`;

function clientIn(subnet: Subnet): Instance {
  return {
    ...{ id: `client in ${subnet.id}`, address: nameIn(subnet), tags: {}, volumes: [] },
    ...{ subnetId: subnet.id, networkInterfaceIds: [interfaceId(subnet)] },
  };
}

function interfaceIn(subnet: Subnet): NetworkInterface {
  const prefix = parsePrefix(subnet.ipv4Cidr ?? "");
  return {
    ...{ id: interfaceId(subnet), address: nameIn(subnet), tags: {}, subnetId: subnet.id },
    ...{ kind: "instance", ownerId: `client in ${subnet.id}`, deviceIndex: 0, sourceDestCheck: true },
    privateIps: prefix ? [formatAddress(addressAt(prefix, OFFSET))] : [],
    ipv6Addresses: [],
    addressAssumed: true,
    publicIp: "assigned by AWS",
    securityGroupIds: [OPEN.id],
  };
}
