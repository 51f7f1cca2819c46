import { end, Journey, Next, stoppedBy } from "../journey";
import { packetAddress, PacketAddress } from "../packet";
import { contains, parsePrefix } from "../prefix";
import { byId, Gateway, Subnet, Topology } from "../topology";
import { interfaceWith } from "./local";

/** MTU of internet gateways: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/network_mtu.html */
const INTERNET_MTU = 1500;

/** TEST-NET-3, RFC 5737: where a plan without AWS takes public addresses from. Nobody has one of them. */
const PLACEHOLDERS = parsePrefix("203.0.113.0/24");

/** Blocks that the internet does not route: RFC 1918, RFC 6598, RFC 3927, RFC 4193. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7"];

/** A packet leaves to the internet. An internet gateway translates IPv4 one to one and drops sources without a mapping. */
export function toInternet(journey: Journey, gateway: Gateway, from: Subnet): Next {
  const { topology, packet } = journey;
  const where = gateway.address;
  const vpc = byId(topology.vpcs, gateway.vpcId);
  if (!vpc) return end({ kind: "cannot determine", where, why: "the VPC that it is attached to is not known" });
  if (vpc.id !== from.vpcId)
    return end({ kind: "dropped", where, why: `it is attached to ${vpc.address}, not to the VPC of ${from.address}` });
  const filters = journey.networkAcls(from, undefined);
  const family = packet.destination.address?.family;
  const isEgressOnly = gateway.kind === "egress-only internet gateway";
  const kind = isEgressOnly ? "egress-only internet gateway" : "internet gateway";
  const drop = (why: string): Next => {
    journey.hop({ kind, id: gateway.id, name: where, vpcId: vpc.id, text: why, filters, mtu: INTERNET_MTU });
    return stoppedBy(filters) ?? end({ kind: "dropped", where, why });
  };
  if (isEgressOnly && family === "ipv4") return drop("an egress-only internet gateway takes IPv6 only");
  if (isPrivate(packet.destination)) return drop(`${packet.destination.text} is no address of the internet`);
  const sender = interfaceWith(topology, vpc, packet.source.text);
  if (!sender)
    return drop(
      `the source ${packet.source.text} belongs to no interface of ${vpc.address}, so there is no public address for it`,
    );
  if (family === "ipv4") {
    if (sender.publicIp === undefined)
      return drop(`${sender.address} (${packet.source.text}) has no public IPv4 address to be translated to`);
    const source = publicAddress(sender.publicIp, sender.address, sender.id);
    const translation = { field: "source", from: packet.source.text, to: source.text } as const;
    journey.packet = { ...packet, source };
    journey.hop({
      kind,
      id: gateway.id,
      name: where,
      vpcId: vpc.id,
      text: `${where} translates ${translation.from} to ${translation.to}, one to one${placeholderNote(topology, source)}`,
      translation,
      filters,
      mtu: INTERNET_MTU,
    });
  } else {
    journey.hop({
      kind,
      id: gateway.id,
      name: where,
      vpcId: vpc.id,
      text: `${where} passes IPv6 unchanged`,
      filters,
      mtu: INTERNET_MTU,
    });
  }
  journey.memory.exit = gateway;
  return stoppedBy(filters) ?? arriveOutside(journey);
}

/** A packet from the internet, addressed to a public address, comes in by an internet gateway. */
export function fromInternet(journey: Journey, gateway: Gateway): Next {
  const { topology, packet } = journey;
  const where = gateway.address;
  const vpc = byId(topology.vpcs, gateway.vpcId);
  if (!vpc) return end({ kind: "cannot determine", where, why: "the VPC that it is attached to is not known" });
  const owner = topology.networkInterfaces.find((one) => one.id === packet.destination.interfaceId);
  const kind = gateway.kind === "egress-only internet gateway" ? gateway.kind : "internet gateway";
  if (gateway.kind === "egress-only internet gateway" && !journey.established) {
    return end({ kind: "dropped", where, why: "an egress-only internet gateway lets in replies only" });
  }
  if (packet.destination.address?.family === "ipv6") {
    journey.hop({
      kind,
      id: gateway.id,
      name: where,
      vpcId: vpc.id,
      text: `${where} passes IPv6 unchanged`,
      mtu: INTERNET_MTU,
    });
    return { to: "gateway router", gateway, vpc };
  }
  const [privateIp] = owner?.privateIps ?? [];
  if (!owner || privateIp === undefined || byId(topology.subnets, owner.subnetId)?.vpcId !== vpc.id) {
    return end({ kind: "dropped", where, why: `${packet.destination.text} is no public address of ${vpc.address}` });
  }
  const destination = packetAddress(privateIp, owner.id);
  const translation = { field: "destination", from: packet.destination.text, to: privateIp } as const;
  journey.packet = { ...packet, destination };
  journey.hop({
    kind,
    id: gateway.id,
    name: where,
    vpcId: vpc.id,
    text: `${where} translates ${translation.from} to ${translation.to}, one to one${placeholderNote(topology, packet.destination)}`,
    translation,
    mtu: INTERNET_MTU,
  });
  return { to: "gateway router", gateway, vpc };
}

/** The public address of an interface: what is known of it. */
export function publicAddress(publicIp: string, owner: string, interfaceId: string): PacketAddress {
  return publicIp === "assigned by AWS"
    ? { text: `public address of ${owner}`, interfaceId }
    : packetAddress(publicIp, interfaceId);
}

/** Says of an address that nobody has that it stands for another: the real one is AWS's to choose. */
function placeholderNote({ source }: Topology, { address }: PacketAddress): string {
  const isPlaceholder = source === "plan" && PLACEHOLDERS && address && contains(PLACEHOLDERS, address);
  return isPlaceholder === true ? " (a placeholder: the public address is known after apply)" : "";
}

/** The internet gateway of a VPC. */
export function internetGatewayOf(topology: Topology, vpcId: string | undefined): Gateway | undefined {
  return topology.gateways.find((one) => one.kind === "internet gateway" && one.vpcId === vpcId && vpcId !== undefined);
}

function arriveOutside(journey: Journey): Next {
  const { topology, packet } = journey;
  const local = topology.networkInterfaces.find(
    (one) => one.publicIp === packet.destination.text || one.ipv6Addresses.includes(packet.destination.text),
  );
  const gateway = local && internetGatewayOf(topology, byId(topology.subnets, local.subnetId)?.vpcId);
  if (local && gateway) {
    journey.packet = { ...packet, destination: { ...packet.destination, interfaceId: local.id } };
    return { to: "inbound", gateway };
  }
  journey.hop({ kind: "internet", name: packet.destination.text, text: `${packet.destination.text} on the internet` });
  return end({ kind: "delivered", where: packet.destination.text });
}

function isPrivate(destination: PacketAddress): boolean {
  const { address } = destination;
  return (
    address !== undefined &&
    PRIVATE.some((cidr) => {
      const prefix = parsePrefix(cidr);
      return prefix !== undefined && contains(prefix, address);
    })
  );
}
