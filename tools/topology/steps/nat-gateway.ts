import { end, Journey, Next, stoppedBy } from "../journey";
import { packetAddress } from "../packet";
import { byId, NatGateway, Subnet } from "../topology";

/** A packet reaches a NAT gateway: replies are translated back, everything else gets the gateway's address as source. */
export function throughNatGateway(journey: Journey, nat: NatGateway, from: Subnet | undefined): Next {
  const { topology, packet } = journey;
  const where = nat.address;
  const subnet = byId(topology.subnets, nat.subnetId);
  const own = topology.networkInterfaces.find((one) => one.ownerId === nat.id);
  const [privateIp] = own?.privateIps ?? [];
  if (!subnet || !own || privateIp === undefined)
    return end({ kind: "cannot determine", where, why: `its subnet is not in the ${topology.source}` });
  const filters = journey.networkAcls(from, subnet);
  const place = {
    kind: "NAT gateway",
    id: nat.id,
    name: where,
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    zone: subnet.zone,
    filters,
  } as const;
  if (packet.destination.address?.family === "ipv6")
    return end({ kind: "dropped", where, why: "a NAT gateway translates IPv6 only to IPv4 (NAT64)" });
  if (packet.destination.text === privateIp) {
    const inside = journey.memory.natSessions.get(nat.id);
    if (!inside) {
      journey.hop({ ...place, text: `${where} knows no flow for the packet` });
      return (
        stoppedBy(filters) ?? end({ kind: "dropped", where, why: "a NAT gateway takes no connections from outside" })
      );
    }
    const translation = { field: "destination", from: privateIp, to: inside.text } as const;
    journey.packet = { ...packet, destination: inside };
    journey.hop({ ...place, text: `${where} translates ${privateIp} back to ${inside.text}`, translation });
    return stoppedBy(filters) ?? { to: "router", subnet };
  }
  journey.memory.natSessions.set(nat.id, packet.source);
  const translation = { field: "source", from: packet.source.text, to: privateIp } as const;
  journey.packet = { ...packet, source: packetAddress(privateIp, own.id) };
  journey.hop({ ...place, text: `${where} translates ${translation.from} to ${privateIp}`, translation });
  return stoppedBy(filters) ?? { to: "router", subnet };
}
