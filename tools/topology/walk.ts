import { end, FlowMemory, Journey, Next } from "./journey";
import { findHost, Host, REMOTE } from "./host";
import { Packet, packetAddress, PacketAddress, Protocol, reversed } from "./packet";
import { parseAddress } from "./prefix";
import { throughEndpoint } from "./steps/endpoint";
import { throughInterface } from "./steps/forwarding-interface";
import { fromInternet, internetGatewayOf, publicAddress, toInternet } from "./steps/internet-gateway";
import { deliverLocally } from "./steps/local";
import { throughNatGateway } from "./steps/nat-gateway";
import { throughPeering } from "./steps/peering-connection";
import { routeFromGateway, routeFromSubnet } from "./steps/router";
import { throughTransitGateway } from "./steps/transit-gateway";
import { byId, Gateway, NetworkInterface, Topology } from "./topology";
import { RoundTrip, Verdict, Walk } from "./walk-result";

/** Largest packet of a network interface: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/network_mtu.html */
const INTERFACE_MTU = 9001;

/** Far above what AWS can build; a loop is found by its second lookup in one table. */
const MAX_STEPS = 256;

/** A source port from the range that Linux uses, for network ACLs that name ephemeral ports. */
const EPHEMERAL_PORT = 49_152;

/** Who sends which packet to whom. */
export interface WalkRequest {
  /** An instance, network interface or subnet by address, id or Name tag; an IP address; or `internet`. */
  readonly from: string;
  /** As `from`. */
  readonly to: string;
  readonly protocol: Protocol;
  /** Destination port; for TCP and UDP. @default 443 */
  readonly port?: number;
  /** @default 49152 */
  readonly sourcePort?: number;
  /** Address that the packet bears, where its sender forwards somebody else's. @default - the sender's */
  readonly source?: PacketAddress;
  /** Address family where neither end is an address. @default "ipv4" */
  readonly family?: "ipv4" | "ipv6";
}

/**
 * Walks a packet through the topology.
 *
 * @throws Error when `from` or `to` names nothing in the topology
 */
export function walk(topology: Topology, request: WalkRequest): Walk {
  return outward(topology, request).walk;
}

/**
 * Walks a packet out and its reply back. Where the same endpoint does not see both, the verdict is `asymmetric`: the load
 * balancer drops replies of flows that it has never sent.
 *
 * @throws Error when `from` or `to` names nothing in the topology
 */
export function roundTrip(topology: Topology, request: WalkRequest): RoundTrip {
  const { walk: out, journey } = outward(topology, request);
  if (out.verdict.kind !== "delivered") return { out, verdict: out.verdict };
  const reply = new Journey(journey.topology, reversed(journey.packet), journey.memory, true);
  const back = run(reply, replyStart(reply));
  if (back.verdict.kind !== "delivered") return { out, back, verdict: back.verdict };
  return { out, back, verdict: symmetry(journey.topology, out, back) };
}

function outward(topology: Topology, request: WalkRequest): { readonly walk: Walk; readonly journey: Journey } {
  const family =
    [request.from, request.to].map((text) => parseAddress(text)?.family).find((one) => one !== undefined) ??
    request.family ??
    "ipv4";
  const from = findHost(topology, request.from, family);
  const to = findHost(from.topology, request.to, family);
  const memory: FlowMemory = { natSessions: new Map(), applianceModeZones: new Map() };
  const hasPorts = request.protocol === "tcp" || request.protocol === "udp";
  const ports = hasPorts
    ? { sourcePort: request.sourcePort ?? EPHEMERAL_PORT, destinationPort: request.port ?? 443 }
    : {};
  const own = from.networkInterface
    ? ownAddress(from.networkInterface, family)
    : packetAddress(from.outside ?? REMOTE[family]);
  const source = request.source ?? own;
  const destination = destinationOf(from, to, family, request.to);
  const packet: Packet = {
    source: source ?? unknownAddress(request.from, family),
    destination: destination ?? unknownAddress(request.to, family),
    protocol: request.protocol,
    ...ports,
  };
  const journey = new Journey(to.topology, packet, memory, false);
  return { walk: run(journey, start(journey, from, to, family)), journey };
}

function start(journey: Journey, from: Host, to: Host, family: "ipv4" | "ipv6"): Next {
  if (from.networkInterface) return depart(journey, from.networkInterface, family);
  journey.hop({
    kind: "internet",
    name: journey.packet.source.text,
    text: `${journey.packet.source.text} on the internet`,
  });
  const target = to.networkInterface;
  if (!target) return end({ kind: "cannot determine", where: "the internet", why: "neither end is in the topology" });
  if (family === "ipv4" && target.publicIp === undefined)
    return end({ kind: "dropped", where: "the internet", why: `${target.address} has no public IPv4 address` });
  if (family === "ipv6" && target.ipv6Addresses.length === 0)
    return end({ kind: "dropped", where: "the internet", why: `${target.address} has no IPv6 address` });
  const gateway = internetGatewayOf(journey.topology, byId(journey.topology.subnets, target.subnetId)?.vpcId);
  return gateway
    ? { to: "inbound", gateway }
    : end({ kind: "dropped", where: "the internet", why: `the VPC of ${target.address} has no internet gateway` });
}

/** A host sends: its security groups, then its subnet's route table. */
function depart(journey: Journey, networkInterface: NetworkInterface, family: "ipv4" | "ipv6"): Next {
  const subnet = byId(journey.topology.subnets, networkInterface.subnetId);
  const where = networkInterface.address;
  if (!subnet)
    return end({ kind: "cannot determine", where, why: `its subnet is not in the ${journey.topology.source}` });
  if (!ownAddress(networkInterface, family))
    return end({ kind: "dropped", where, why: `it has no ${family === "ipv4" ? "IPv4" : "IPv6"} address` });
  const filters = journey.securityGroups(networkInterface, "egress");
  const assumptions =
    networkInterface.addressAssumed && family === "ipv4"
      ? [`${journey.packet.source.text} is assumed: AWS assigns the address at launch`]
      : [];
  journey.hop({
    kind: "host",
    id: networkInterface.ownerId ?? networkInterface.id,
    name: where,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    zone: subnet.zone,
    text: `${where} sends from ${journey.packet.source.text} in ${subnet.address}`,
    filters,
    assumptions,
  });
  const stop = filters.find((one) => one.decision !== "allow");
  if (stop)
    return end({
      kind: stop.decision === "deny" ? "dropped" : "cannot determine",
      where: `${stop.filter} ${stop.name}`,
      why: `${stop.direction}: ${stop.why}`,
    });
  return { to: "router", subnet };
}

function replyStart(reply: Journey): Next {
  const { topology, packet, memory } = reply;
  const sender = topology.networkInterfaces.find((one) => one.id === packet.source.interfaceId);
  const isPrivateSender = sender && [...sender.privateIps, ...sender.ipv6Addresses].includes(packet.source.text);
  if (sender && isPrivateSender) return depart(reply, sender, packet.source.address?.family ?? "ipv4");
  reply.hop({ kind: "internet", name: packet.source.text, text: `${packet.source.text} on the internet replies` });
  const gateway: Gateway | undefined = memory.exit;
  return gateway
    ? { to: "inbound", gateway }
    : end({ kind: "cannot determine", where: packet.source.text, why: "the reply starts outside the topology" });
}

function run(journey: Journey, first: Next): Walk {
  const { packet } = journey;
  let next = first;
  for (let steps = 0; next.to !== "end"; steps++) {
    next =
      steps < MAX_STEPS
        ? step(journey, next)
        : end({ kind: "loop", where: journey.hops.at(-1)?.name ?? "", why: `more than ${MAX_STEPS} steps` });
  }
  return finished(journey, packet, soundVerdict(journey.topology, next.verdict));
}

function step(journey: Journey, next: Exclude<Next, { to: "end" }>): Next {
  switch (next.to) {
    case "router":
      return routeFromSubnet(journey, next.subnet);
    case "gateway router":
      return routeFromGateway(journey, next.gateway, next.vpc);
    case "local":
      return deliverLocally(journey, next.vpc, next.from);
    case "endpoint":
      return throughEndpoint(journey, next.endpoint, next.from);
    case "internet gateway":
      return toInternet(journey, next.gateway, next.from);
    case "inbound":
      return fromInternet(journey, next.gateway);
    case "NAT gateway":
      return throughNatGateway(journey, next.nat, next.from);
    case "transit gateway":
      return throughTransitGateway(journey, next.id, next.from);
    case "peering connection":
      return throughPeering(journey, next.id, next.vpc, next.from);
    case "forwarding interface":
      return throughInterface(journey, next.networkInterface, next.from);
  }
}

/** A verdict for people: where parts of the network may be hidden, a packet that seems to be stopped may be let through by one of them, and the other way round. */
export function soundVerdict(topology: Topology, verdict: Verdict): Verdict {
  const denying = topology.hidden.find((why) =>
    /(^|\.)aws_(network_acl|default_network_acl|main_route_table|vpc_ipv)/.test(why),
  );
  const doubt = verdict.kind === "delivered" ? denying : topology.hidden[0];
  if (doubt === undefined || verdict.kind === "cannot determine") return verdict;
  const seems =
    verdict.kind === "delivered"
      ? "it seems to arrive"
      : `it seems to be ${verdict.kind === "loop" ? "in a loop" : "dropped"}: ${verdict.why}`;
  return { kind: "cannot determine", where: verdict.where, why: `${seems}; but ${doubt}` };
}

function finished(journey: Journey, packet: Packet, verdict: Verdict): Walk {
  const endpoints = journey.hops.filter((hop) => hop.kind === "GWLB endpoint").map((hop) => hop.id ?? hop.name);
  return {
    packet,
    hops: journey.hops,
    verdict,
    endpoints: endpoints.filter((id, i) => id !== endpoints[i - 1]),
    mtu: Math.min(INTERFACE_MTU, ...journey.hops.map((hop) => hop.mtu ?? INTERFACE_MTU)),
  };
}

function symmetry(topology: Topology, out: Walk, back: Walk): RoundTrip["verdict"] {
  const name = (ids: readonly string[]) =>
    ids.map((id) => byId(topology.endpoints, id)?.address ?? id).join(", ") || "no endpoint";
  const expected = [...back.endpoints].reverse();
  if (out.endpoints.join() === expected.join()) return back.verdict;
  return {
    kind: "asymmetric",
    where: name([...out.endpoints, ...back.endpoints]),
    why: `out crosses ${name(out.endpoints)}, back crosses ${name(back.endpoints)}`,
  };
}

function ownAddress(networkInterface: NetworkInterface, family: "ipv4" | "ipv6"): PacketAddress | undefined {
  const [address] = family === "ipv4" ? networkInterface.privateIps : networkInterface.ipv6Addresses;
  return address === undefined ? undefined : packetAddress(address, networkInterface.id);
}

function destinationOf(from: Host, to: Host, family: "ipv4" | "ipv6", asked: string): PacketAddress | undefined {
  if (!to.networkInterface) return packetAddress(to.outside ?? REMOTE[family]);
  const { publicIp, address, id } = to.networkInterface;
  if (publicIp !== undefined && (asked === publicIp || (!from.networkInterface && family === "ipv4")))
    return publicAddress(publicIp, address, id);
  return ownAddress(to.networkInterface, family);
}

function unknownAddress(name: string, family: "ipv4" | "ipv6"): PacketAddress {
  return { text: `${family === "ipv4" ? "IPv4" : "IPv6"} address of ${name}` };
}
