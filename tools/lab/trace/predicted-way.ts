import { walk } from "../../topology/walk";
import type { Hop, RoundTrip, Verdict, Walk } from "../../topology/walk-result";
import type { Topology } from "../../topology/topology";
import type { ApplianceDecision } from "./appliance-decision";

/** The way that a packet must take: the walk of the topology, and what the appliance's configuration makes of it. */
export interface PredictedWay {
  readonly hops: readonly Hop[];
  readonly verdict: Verdict;
}

/** The way out of a round trip. */
export function predictedRequest(topology: Topology, { out }: RoundTrip, decision: ApplianceDecision): PredictedWay {
  const at = applianceAt(out);
  const appliance = out.hops[at];
  if (!appliance) return reached(out);
  switch (decision.kind) {
    case "return":
      return reached(out);
    case "drop":
      return droppedBy(decision.rule, out, at, appliance);
    case "redirect": {
      const { address, port } = decision;
      const further = walk(topology, { from: appliance.name, to: address, protocol: "tcp", port });
      const { source, sourcePort } = appliance.packet;
      const hops = further.hops.map((hop) => withPacket(hop, { ...hop.packet, source, sourcePort }));
      const [first] = hops;
      const turned: Hop = {
        ...withoutEncapsulation(appliance),
        text: `${appliance.name} translates the destination to ${address}:${port} (iptables) and routes the packet itself`,
        packet: first?.packet ?? appliance.packet,
      };
      return reached({ hops: [...out.hops.slice(0, at), turned, ...hops.slice(1)], verdict: further.verdict });
    }
  }
}

/**
 * The way back of a round trip.
 *
 * @param decision about the request: where it was redirected, the bastion answers
 * @param ofReply decision about the reply
 */
export function predictedReply(
  topology: Topology,
  { out, back }: RoundTrip,
  decision: ApplianceDecision,
  ofReply: ApplianceDecision,
): PredictedWay | undefined {
  if (!back) return undefined;
  const at = applianceAt(back);
  const appliance = back.hops[at];
  if (!appliance) return reached(back);
  if (decision.kind === "redirect") {
    const { address, port } = decision;
    const { source: client, sourcePort: destinationPort } = out.packet;
    const start = walk(topology, { from: address, to: client.text, protocol: "tcp" });
    const upTo = start.hops.findIndex(({ kind }) => kind === "network interface");
    const hops = start.hops
      .slice(0, upTo)
      .map((hop) => withPacket(hop, { ...hop.packet, sourcePort: port, destinationPort }));
    const text = `${appliance.name} puts ${back.packet.source.text} back as the source and returns the packet in GENEVE`;
    return reached({ hops: [...hops, { ...appliance, text }, ...back.hops.slice(at + 1)], verdict: back.verdict });
  }
  return ofReply.kind === "drop" ? droppedBy(ofReply.rule, back, at, appliance) : reached(back);
}

const applianceAt = ({ hops }: Pick<Walk, "hops">): number => hops.findIndex(({ kind }) => kind === "appliance");

const withPacket = (hop: Hop, packet: Hop["packet"]): Hop => ({ ...hop, packet });

function withoutEncapsulation(hop: Hop): Hop {
  const { encapsulation: _, ...rest } = hop;
  return rest;
}

function droppedBy(rule: string, { hops }: Walk, at: number, appliance: Hop): PredictedWay {
  const verdict = { kind: "dropped", where: appliance.name, why: rule } as const;
  const last = { ...withoutEncapsulation(appliance), text: `${appliance.name} drops the packet: ${rule}` };
  return { hops: [...hops.slice(0, at), last], verdict };
}

/** A hop whose own filter stops the packet is one that the packet does not reach. */
function reached({ hops, verdict }: Pick<Walk, "hops" | "verdict">): PredictedWay {
  const stops = hops.at(-1)?.filters.some(({ decision }) => decision !== "allow") ?? false;
  return { hops: stops ? hops.slice(0, -1) : hops, verdict };
}
