import type { Topology } from "../topology/topology";
import { soundVerdict } from "../topology/walk";
import type { Hop, RoundTrip, Walk } from "../topology/walk-result";
import { applianceConfiguration } from "./appliance-configuration";
import { applianceDecision, type ApplianceDecision } from "./appliance-decision";
import { answeredBy, droppedBy, redirectedTo, type Redirection } from "./decided-way";
import { judgedPacket } from "./judged-packet";

/** What an appliance's own rules do to a round trip. */
export type Ruling = Redirection | { readonly kind: "drop"; readonly rule: string; readonly leg: "out" | "back" };

/** A round trip with what the appliance's own rules make of it. */
export interface JudgedTrip extends RoundTrip {
  /** Nothing when every appliance returns what it gets, or when its rules are not known. */
  readonly ruling?: Ruling;
}

/** Applies the configurations that the plan puts into S3. What they do not stop takes the way that it took without them. */
export function judgedTrip(topology: Topology, trip: RoundTrip): JudgedTrip {
  const out = judgedWalk(topology, trip.out, "request");
  if (out.ruling?.kind === "drop") {
    const { rule } = out.ruling;
    return { out: out.walk, verdict: out.walk.verdict, ruling: { kind: "drop", rule, leg: "out" } };
  }
  if (out.ruling) return redirectedTrip(topology, trip, out.walk, out.ruling);
  if (!trip.back) return { ...trip, out: out.walk };
  const back = judgedWalk(topology, trip.back, "reply");
  if (back.ruling?.kind !== "drop") return { ...trip, out: out.walk, back: back.walk };
  const { rule } = back.ruling;
  return { out: out.walk, back: back.walk, verdict: back.walk.verdict, ruling: { kind: "drop", rule, leg: "back" } };
}

function redirectedTrip(topology: Topology, trip: RoundTrip, out: Walk, ruling: Redirection): JudgedTrip {
  if (out.verdict.kind !== "delivered") return { out, verdict: out.verdict, ruling };
  const at = trip.back?.hops.findIndex((hop) => isReached(hop)) ?? -1;
  const appliance = trip.back?.hops[at];
  if (!trip.back || !appliance) return { out, verdict: noWayBack(trip, ruling), ruling };
  const back = answeredBy(topology, ruling, { out: trip.out, back: trip.back }, at, appliance);
  const isBroken = back.verdict.kind !== "delivered" || trip.verdict.kind === "delivered";
  return { out, back, verdict: isBroken ? back.verdict : trip.verdict, ruling };
}

/** The answer shares its way from the appliance to the host with answers that nobody redirects. */
function noWayBack({ verdict }: RoundTrip, { address }: Redirection): RoundTrip["verdict"] {
  const why = "why" in verdict ? `${verdict.kind} at ${verdict.where}: ${verdict.why}` : "it meets no appliance";
  return { kind: "cannot determine", where: address, why: `the answer's way; without the redirection, ${why}` };
}

/** An appliance whose security groups let the packet in. */
const isReached = ({ kind, filters }: Hop): boolean =>
  kind === "appliance" && filters.every(({ decision }) => decision === "allow");

/** The walk up to the first appliance that does not return the packet; hops of the others say what their rules do. */
function judgedWalk(
  topology: Topology,
  walk: Walk,
  direction: "request" | "reply",
): { readonly walk: Walk; readonly ruling?: Exclude<ApplianceDecision, { kind: "return" | "undetermined" }> } {
  const hops: Hop[] = [];
  for (const [at, hop] of walk.hops.entries()) {
    if (!isReached(hop)) {
      hops.push(hop);
      continue;
    }
    const endpoint = walk.hops.slice(0, at).findLast(({ kind }) => kind === "GWLB endpoint");
    const { decision, hop: said } = decided(topology, hop, direction, endpoint?.id);
    const judged = { ...walk, hops: [...hops, said, ...walk.hops.slice(at + 1)] };
    if (decision.kind === "drop") {
      const dropped = droppedBy(decision.rule, judged, at, hop);
      return { walk: { ...dropped, verdict: soundVerdict(topology, dropped.verdict) }, ruling: decision };
    }
    // The destination of a reply is the client's own port, which nothing redirects.
    if (decision.kind === "redirect" && direction === "request") {
      return { walk: redirectedTo(topology, decision, judged, at, hop), ruling: decision };
    }
    hops.push(said);
  }
  return { walk: { ...walk, hops } };
}

/** What the appliance decides, and its hop with what is known about that. */
function decided(
  topology: Topology,
  hop: Hop,
  direction: "request" | "reply",
  endpointId: string | undefined,
): { readonly decision: ApplianceDecision; readonly hop: Hop } {
  const read = applianceConfiguration(topology, hop.id);
  const packet = judgedPacket(topology, hop.packet, direction, endpointId);
  if (read.kind === "unknown") return undetermined(hop, read.why);
  if (!packet) return undetermined(hop, "they may ask for an address that is not known yet");
  const { configuration } = read;
  const decision = applianceDecision(configuration, packet);
  if (decision.kind === "undetermined") return undetermined(hop, decision.why);
  if (decision.kind !== "return") return { decision, hop };
  const text = `${hop.name} unwraps the packet and, as its rules do not drop it, returns it in the same GENEVE`;
  const { mode, iptables, hooks } = configuration;
  const besides = [
    ...(mode === "routed" && iptables[packet.family].length > 0 ? ["iptables"] : []),
    ...(hooks.create === undefined ? [] : ["what its hook sets up"]),
  ];
  const assumptions =
    besides.length === 0 ? [] : [`${besides.join(" and ")} ${besides.length === 1 ? "lets" : "let"} the packet pass`];
  return { decision, hop: { ...hop, text, assumptions: [...hop.assumptions, ...assumptions] } };
}

const undetermined = (hop: Hop, why: string): { readonly decision: ApplianceDecision; readonly hop: Hop } => ({
  decision: { kind: "undetermined", why },
  hop: {
    ...hop,
    assumptions: [...hop.assumptions, `the appliance's rules are not known (${why}): it returns the packet`],
  },
});
