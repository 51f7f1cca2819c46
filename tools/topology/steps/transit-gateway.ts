import { end, Journey, Next, stoppedBy } from "../journey";
import { lookUpTransitGatewayRoute } from "../look-up-transit-gateway-route";
import { byId, Subnet, TransitGatewayAttachment } from "../topology";

/** MTU of transit gateways: https://docs.aws.amazon.com/vpc/latest/tgw/transit-gateway-quotas.html#mtu-quotas */
const TRANSIT_GATEWAY_MTU = 8500;

/** A packet crosses a transit gateway: in by its VPC's attachment, out by the one that the attachment's table names. */
export function throughTransitGateway(journey: Journey, id: string, from: Subnet): Next {
  const { topology, packet } = journey;
  const gateway = byId(topology.transitGateways, id);
  const where = gateway?.address ?? id;
  const attachments = topology.transitGatewayAttachments.filter((one) => one.transitGatewayId === id || one.id === id);
  const attachment = attachments.find((one) => one.vpcId === from.vpcId);
  if (!attachment) {
    const sure =
      gateway !== undefined &&
      topology.transitGatewayAttachments.every(
        (one) => one.transitGatewayId !== undefined && (one.kind !== "vpc" || one.vpcId !== undefined),
      );
    return end({
      kind: sure ? "dropped" : "cannot determine",
      where,
      why: `the VPC of ${from.address} has no attachment to it in the ${topology.source}`,
    });
  }
  const zones = zonesOf(journey, attachment);
  if (
    from.zone !== undefined &&
    !zones.includes(from.zone) &&
    zones.length === attachment.subnetIds.length &&
    zones.length > 0
  ) {
    return end({
      kind: "dropped",
      where: attachment.address,
      why: `it has no subnet in zone ${from.zone}, so hosts of that zone cannot reach the transit gateway`,
    });
  }
  const table = topology.transitGatewayRouteTables.find((one) => one.associatedAttachmentIds.includes(attachment.id));
  const unsure = topology.transitGatewayRouteTables.find((one) => one.undetermined.length > 0);
  if (!table)
    return end({
      kind: unsure || !gateway ? "cannot determine" : "dropped",
      where: attachment.address,
      why: unsure?.undetermined[0] ?? "it is associated with no transit gateway route table",
    });
  const { address } = packet.destination;
  if (!address)
    return end({
      kind: "cannot determine",
      where,
      why: `the destination, ${packet.destination.text}, is not known yet`,
    });
  const lookup = lookUpTransitGatewayRoute(topology, table, address);
  if (lookup.kind === "undetermined") return end({ kind: "cannot determine", where: table.address, why: lookup.why });
  const hop = {
    kind: "transit gateway",
    id,
    name: where,
    mtu: TRANSIT_GATEWAY_MTU,
    filters: journey.networkAcls(from, undefined),
  } as const;
  if (lookup.kind !== "attachment") {
    const why =
      lookup.kind === "none" ? `no route to ${packet.destination.text}` : `${lookup.destination} is a blackhole`;
    journey.hop({ ...hop, text: `${table.address}: ${why}` });
    return end({ kind: "dropped", where: table.address, why });
  }
  journey.hop({
    ...hop,
    text: `${table.address}: ${lookup.destination} -> ${lookup.attachment.address}`,
    route: {
      tableId: table.id,
      table: table.address,
      how: "transit gateway",
      destination: lookup.destination,
      target: lookup.attachment.address,
      origin: lookup.origin,
      route: lookup.address,
    },
    assumptions: applianceModeAssumption(journey, lookup.attachment, from),
  });
  return stoppedBy(hop.filters) ?? leaveByAttachment(journey, lookup.attachment, from);
}

function leaveByAttachment(journey: Journey, attachment: TransitGatewayAttachment, from: Subnet): Next {
  const where = attachment.address;
  if (attachment.kind !== "vpc")
    return end({
      kind: "cannot determine",
      where,
      why: `what is beyond the ${attachment.kind} attachment is not in the ${journey.topology.source}`,
    });
  const subnets = attachment.subnetIds.flatMap((id) => byId(journey.topology.subnets, id) ?? []);
  const zone = attachment.applianceMode ? applianceModeZone(journey, attachment, from) : from.zone;
  const subnet = subnets.find((one) => one.zone === zone) ?? subnets[0];
  if (!subnet)
    return end({ kind: "cannot determine", where, why: `its subnets are not in the ${journey.topology.source}` });
  if (subnets.length > 1 && subnets.some((one) => one.zone === undefined))
    return end({ kind: "cannot determine", where, why: "the zones of its subnets are not known yet" });
  return { to: "router", subnet };
}

/** Appliance mode keeps a flow in one zone both ways; the flow's hash chooses it, here the zone of the first packet. */
function applianceModeZone(journey: Journey, attachment: TransitGatewayAttachment, from: Subnet): string | undefined {
  const zones = zonesOf(journey, attachment);
  const zone =
    journey.memory.applianceModeZones.get(attachment.id) ??
    (from.zone !== undefined && zones.includes(from.zone) ? from.zone : zones[0]);
  if (zone !== undefined) journey.memory.applianceModeZones.set(attachment.id, zone);
  return zone;
}

function applianceModeAssumption(
  journey: Journey,
  attachment: TransitGatewayAttachment,
  from: Subnet,
): readonly string[] {
  const zones = zonesOf(journey, attachment);
  if (!attachment.applianceMode || zones.length < 2) return [];
  return [
    `appliance mode: the flow's hash chooses one of ${zones.join(", ")} for both directions; ${applianceModeZone(journey, attachment, from) ?? ""} is shown`,
  ];
}

function zonesOf(journey: Journey, attachment: TransitGatewayAttachment): readonly string[] {
  return attachment.subnetIds.flatMap((id) => byId(journey.topology.subnets, id)?.zone ?? []);
}
