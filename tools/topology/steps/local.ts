import { end, Journey, Next, stoppedBy } from "../journey";
import { contains, parseAddress, parsePrefix } from "../prefix";
import { byId, NetworkInterface, Subnet, Topology, Vpc } from "../topology";

/** A local route: the packet goes to the interface of the VPC that has its destination address. */
export function deliverLocally(journey: Journey, vpc: Vpc, from: Subnet | undefined): Next {
  const { topology, packet } = journey;
  const networkInterface = interfaceWith(topology, vpc, packet.destination.text);
  const where = vpc.address;
  if (!networkInterface) {
    const subnet = subnetWith(topology, vpc, packet.destination.text);
    if (!subnet)
      return end({ kind: "dropped", where, why: `no subnet of ${vpc.address} holds ${packet.destination.text}` });
    return end({
      kind: "cannot determine",
      where: subnet.address,
      why: `no interface with ${packet.destination.text} is in the ${topology.source}`,
    });
  }
  const nat = byId(topology.natGateways, networkInterface.ownerId);
  if (nat) return { to: "NAT gateway", nat, from };
  const subnet = byId(topology.subnets, networkInterface.subnetId);
  const filters = [...journey.networkAcls(from, subnet), ...journey.securityGroups(networkInterface, "ingress")];
  journey.hop({
    kind: "host",
    id: networkInterface.ownerId ?? networkInterface.id,
    name: networkInterface.address,
    vpcId: vpc.id,
    subnetId: subnet?.id,
    zone: subnet?.zone,
    text: `${networkInterface.address} has ${packet.destination.text} in ${subnet?.address ?? "its subnet"}`,
    filters,
  });
  return stoppedBy(filters) ?? end({ kind: "delivered", where: networkInterface.address });
}

/** The interface of a VPC that has this private IPv4 or IPv6 address. */
export function interfaceWith(topology: Topology, vpc: Vpc, address: string): NetworkInterface | undefined {
  return topology.networkInterfaces.find(
    (one) =>
      byId(topology.subnets, one.subnetId)?.vpcId === vpc.id &&
      [...one.privateIps, ...one.ipv6Addresses].some((own) => own === address || sameAddress(own, address)),
  );
}

function sameAddress(one: string, other: string): boolean {
  return one.includes(":") && other.includes(":") && parseAddress(one)?.value === parseAddress(other)?.value;
}

function subnetWith(topology: Topology, vpc: Vpc, text: string): Subnet | undefined {
  const address = parseAddress(text);
  return topology.subnets.find((subnet) =>
    [subnet.ipv4Cidr, subnet.ipv6Cidr].some((cidr) => {
      const prefix = cidr === undefined ? undefined : parsePrefix(cidr);
      return subnet.vpcId === vpc.id && prefix && address && contains(prefix, address);
    }),
  );
}
