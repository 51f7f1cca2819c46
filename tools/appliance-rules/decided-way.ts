import type { Topology } from "../topology/topology";
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
  if (from === undefined) {
    const why = `its network interface is not in the ${topology.source}`;
    return {
      ...way,
      hops: [...before, turned],
      verdict: { kind: "cannot determine", where: appliance.name, why },
    };
  }
  const { source, sourcePort } = appliance.packet;
  const request = { from, to: address, protocol: "tcp", port } as const;
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
  const upTo = hops.findIndex(({ kind }) => kind === "network interface");
  const packet = hops[0]?.packet ?? back.packet;
  if (upTo < 0) {
    const why = `the answer to ${client.text} is not routed to ${appliance.name}`;
    return { ...back, packet, hops, verdict: { kind: "cannot determine", where: address, why } };
  }
  const text = `${appliance.name} puts ${back.packet.source.text} back as the source and returns the packet in GENEVE`;
  return { ...back, packet, hops: [...hops.slice(0, upTo), { ...appliance, text }, ...back.hops.slice(at + 1)] };
}

function senderOf({ networkInterfaces }: Topology, { id, name }: Hop): string | undefined {
  const own = networkInterfaces.find((one) => one.deviceIndex === 0 && [one.ownerId, one.id].includes(id));
  return (own ?? networkInterfaces.find((one) => one.address === name))?.id;
}

function withoutEncapsulation(hop: Hop): Hop {
  const { encapsulation: _, ...rest } = hop;
  return rest;
}
