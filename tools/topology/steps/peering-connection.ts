import { end, Journey, Next, stoppedBy } from "../journey";
import { contains, parsePrefix } from "../prefix";
import { byId, Subnet, Vpc } from "../topology";

/** A packet crosses a VPC peering connection, which leads to the peer's own addresses only. */
export function throughPeering(journey: Journey, id: string, vpc: Vpc, from: Subnet | undefined): Next {
  const { topology, packet } = journey;
  const peering = byId(topology.peeringConnections, id);
  const peerId = peering && (peering.requesterVpcId === vpc.id ? peering.accepterVpcId : peering.requesterVpcId);
  const peer = byId(topology.vpcs, peerId);
  const where = peering?.address ?? id;
  if (!peer) return end({ kind: "cannot determine", where, why: `the peer VPC is not in the ${topology.source}` });
  const filters = journey.networkAcls(from, undefined);
  journey.hop({ kind: "peering connection", id, name: where, text: `${where} leads to ${peer.address}`, filters });
  const stopped = stoppedBy(filters);
  if (stopped) return stopped;
  const { address } = packet.destination;
  const isPeers = [...peer.ipv4Cidrs, ...peer.ipv6Cidrs].some((cidr) => {
    const prefix = parsePrefix(cidr);
    return prefix && address && contains(prefix, address);
  });
  if (!isPeers)
    return end({
      kind: "dropped",
      where,
      why: `${packet.destination.text} is not in ${peer.address}, and peering does not lead beyond it`,
    });
  return { to: "local", vpc: peer };
}
