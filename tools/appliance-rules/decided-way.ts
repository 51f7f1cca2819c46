import type { NetworkInterface, Topology } from "../topology/topology";
import { walk } from "../topology/walk";
import type { Hop, RoundTrip, Walk } from "../topology/walk-result";
import type { ApplianceDecision } from "./appliance-decision";

/** Where an appliance sends a packet instead of back to its load balancer. */
export type Redirection = Extract<ApplianceDecision, { kind: "redirect" }>;

/** A walk that ends at its hop `at`, an appliance: a rule drops the packet. */
export function droppedBy(rule: string, way: Walk, at: number, appliance: Hop): Walk {
  const last = { ...withoutEncapsulation(appliance), text: `${appliance.name} drops the packet: ${rule}` };
  return {
    ...way,
    hops: [...way.hops.slice(0, at), last],
    verdict: { kind: "dropped", where: appliance.name, why: rule },
  };
}

/** A walk that turns at its hop `at`, an appliance: the packet goes to a bastion, from its own source. */
export function redirectedTo(
  topology: Topology,
  { address, port }: Redirection,
  way: Walk,
  at: number,
  appliance: Hop,
): Walk {
  const before = way.hops.slice(0, at);
  const text = `${appliance.name} translates the destination to ${address}:${port} (iptables) and routes the packet itself`;
  const turned: Hop = { ...withoutEncapsulation(appliance), text };
  const from = senderOf(topology, appliance);
  const where = appliance.name;
  if (!from) {
    const why = `its network interface is not in the ${topology.source}`;
    return { ...way, hops: [...before, turned], verdict: { kind: "cannot determine", where, why } };
  }
  if (from.sourceDestCheck) {
    const why = "its source/destination check is on";
    return { ...way, hops: [...before, turned], verdict: { kind: "dropped", where, why } };
  }
  const { source, sourcePort } = appliance.packet;
  const request = { from: from.id, to: address, protocol: "tcp", port } as const;
  const further = walk(topology, { ...request, source, ...(sourcePort === undefined ? {} : { sourcePort }) });
  const packet = further.hops[0]?.packet ?? appliance.packet;
  return { ...way, hops: [...before, { ...turned, packet }, ...further.hops.slice(1)], verdict: further.verdict };
}

/** The way of the bastion's answer: to the appliance at the hop `at` of the way back, and on from there. */
export function answeredBy(
  topology: Topology,
  { address, port }: Redirection,
  { out, back }: Pick<RoundTrip, "out"> & { readonly back: Walk },
  at: number,
  appliance: Hop,
): Walk {
  const { source: client, sourcePort: destinationPort } = out.packet;
  const start = walk(topology, { from: address, to: client.text, protocol: "tcp" });
  const hops = start.hops.map((hop): Hop => ({ ...hop, packet: { ...hop.packet, sourcePort: port, destinationPort } }));
  const packet = hops[0]?.packet ?? back.packet;
  const own = senderOf(topology, appliance);
  const upTo = hops.findIndex(({ kind, id }) => kind === "network interface" && id === own?.id);
  if (upTo < 0) {
    // An answer that no route table sees is one that cannot be walked: security groups would let it out.
    const isRouted = start.verdict.kind !== "cannot determine" && hops.some(({ kind }) => kind === "VPC router");
    const why = `the answer to ${client.text} is not routed to ${appliance.name}`;
    const verdict = { kind: isRouted ? "dropped" : "cannot determine", where: address, why } as const;
    return { ...back, packet, hops, verdict };
  }
  // Its security groups know the connection; network ACLs know none.
  const acl = hops[upTo]?.filters.find(({ filter, decision }) => filter === "network ACL" && decision !== "allow");
  if (acl) {
    const kind = acl.decision === "deny" ? "dropped" : "cannot determine";
    const verdict = { kind, where: `${acl.filter} ${acl.name}`, why: `${acl.direction}: ${acl.why}` } as const;
    return { ...back, packet, hops: hops.slice(0, upTo + 1), verdict };
  }
  const text = `${appliance.name} puts ${back.packet.source.text} back as the source and returns the packet in GENEVE`;
  return { ...back, packet, hops: [...hops.slice(0, upTo), { ...appliance, text }, ...back.hops.slice(at + 1)] };
}

function senderOf({ networkInterfaces }: Topology, { id, name }: Hop): NetworkInterface | undefined {
  const own = networkInterfaces.find((one) => one.deviceIndex === 0 && [one.ownerId, one.id].includes(id));
  return own ?? networkInterfaces.find((one) => one.address === name);
}

function withoutEncapsulation(hop: Hop): Hop {
  const { encapsulation: _, ...rest } = hop;
  return rest;
}
