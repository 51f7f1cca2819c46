import type { ApplianceDecision } from "../../appliance-rules/appliance-decision";
import { answeredBy, droppedBy, redirectedTo } from "../../appliance-rules/decided-way";
import type { Hop, RoundTrip, Verdict, Walk } from "../../topology/walk-result";
import type { Topology } from "../../topology/topology";

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
    case "undetermined":
      return reached(out);
    case "drop":
      return droppedBy(decision.rule, out, at, appliance);
    case "redirect":
      return reached(redirectedTo(topology, decision, out, at, appliance));
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
  if (decision.kind === "redirect") return reached(answeredBy(topology, decision, { out, back }, at, appliance));
  return ofReply.kind === "drop" ? droppedBy(ofReply.rule, back, at, appliance) : reached(back);
}

const applianceAt = ({ hops }: Pick<Walk, "hops">): number => hops.findIndex(({ kind }) => kind === "appliance");

/** A hop whose own filter stops the packet is one that the packet does not reach. */
function reached({ hops, verdict }: Pick<Walk, "hops" | "verdict">): PredictedWay {
  const stops = hops.at(-1)?.filters.some(({ decision }) => decision !== "allow") ?? false;
  return { hops: stops ? hops.slice(0, -1) : hops, verdict };
}
