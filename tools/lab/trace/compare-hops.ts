import { contains, parseAddress, parsePrefix } from "../../topology/prefix";
import type { PacketAddress } from "../../topology/packet";
import type { Hop } from "../../topology/walk-result";
import type { Wiring } from "../fabric/wiring";
import { forChosenAppliance } from "./chosen-appliance";
import type { ObservedHop } from "./observed-hops";
import type { PredictedWay } from "./predicted-way";
import type { Sighting } from "./sighting";

/** What was seen beside what was predicted, for one hop. */
export interface ComparedHop {
  readonly predicted?: Hop;
  readonly observed?: ObservedHop;
  /** Each in one line; none when the hop is as predicted. */
  readonly differences: readonly string[];
}

/** What the comparison needs to know beside both ways. */
export interface ComparedLab {
  readonly wiring: Wiring;
  /** By what an appliance lowers the TTL: 1 where it routes, 0 where it returns packets untouched. */
  readonly applianceTtlLoss: 0 | 1;
}

/** Compares a packet's way hop by hop; after the first hop of another kind or place nothing more can be compared. */
export function compareHops(
  lab: ComparedLab,
  way: PredictedWay,
  observed: readonly ObservedHop[],
): readonly ComparedHop[] {
  const predicted = { ...way, hops: forChosenAppliance(lab.wiring, way.hops, observed) };
  const compared: ComparedHop[] = [];
  const length = Math.max(predicted.hops.length, observed.length);
  for (let at = 0; at < length; at++) {
    const [hop, seen] = [predicted.hops[at], observed[at]];
    if (!hop || !seen) {
      compared.push({ ...(hop ? { predicted: hop } : { observed: seen }), differences: [absence(hop, seen)] });
      continue;
    }
    const place = placeDifferences(predicted, at, seen);
    const differences = place.length > 0 ? place : contentDifferences(lab, hop, seen, observed[at - 1]);
    compared.push({ predicted: hop, observed: seen, differences });
    if (place.length > 0) return [...compared, ...rest(predicted.hops.slice(at + 1), observed.slice(at + 1))];
  }
  return compared;
}

/** Copies of a packet: seen more than once at one interface. Each in one line. */
export function copies(sightings: readonly Sighting[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { host, interface: name, direction, encapsulation } of sightings) {
    const where = `${host}: ${name} ${direction}${encapsulation ? ", in GENEVE" : ""}`;
    counts.set(where, (counts.get(where) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([where, count]) => `${where}: seen ${count} times, must be 1`);
}

function absence(hop: Hop | undefined, seen: ObservedHop | undefined): string {
  return hop
    ? `predicted ${hop.kind} ${hop.name}, the packet was not seen there`
    : `predicted nothing more, got ${seen?.kind ?? ""} in ${seen?.host ?? ""}`;
}

function rest(predicted: readonly Hop[], observed: readonly ObservedHop[]): ComparedHop[] {
  const length = Math.max(predicted.length, observed.length);
  return Array.from({ length }, (_, at) => ({
    ...(predicted[at] ? { predicted: predicted[at] } : {}),
    ...(observed[at] ? { observed: observed[at] } : {}),
    differences: [],
  }));
}

function placeDifferences({ hops }: PredictedWay, at: number, seen: ObservedHop): string[] {
  const hop = hops[at];
  if (!hop) return [];
  if (hop.kind !== seen.kind) return [difference("hop", `${hop.kind} ${hop.name}`, `${seen.kind} in ${seen.host}`)];
  const id = hop.kind === "VPC router" ? hop.vpcId : hop.id;
  return [
    ...(id === undefined || id === seen.id ? [] : [difference("id", `${id} (${hop.name})`, seen.id ?? "none")]),
    ...(seen.subnetId === undefined || hop.subnetId === undefined || hop.subnetId === seen.subnetId
      ? []
      : [difference("subnet", hop.subnetId, seen.subnetId)]),
  ];
}

function contentDifferences(
  lab: ComparedLab,
  hop: Hop,
  seen: ObservedHop,
  before: ObservedHop | undefined,
): readonly string[] {
  const { packet } = hop;
  return [
    ...check("source", inLab(lab, packet.source), seen.packet.source),
    ...check("destination", inLab(lab, packet.destination), seen.packet.destination),
    ...(packet.sourcePort === undefined ? [] : check("source port", packet.sourcePort, seen.packet.sourcePort)),
    ...(packet.destinationPort === undefined
      ? []
      : check("destination port", packet.destinationPort, seen.packet.destinationPort)),
    ...ttlDifferences(lab, hop, seen, before),
    ...encapsulationDifferences(lab, hop, seen, before),
  ];
}

/** AWS's routers and gateways leave the TTL alone; the internet's do not, and nobody can predict how many there are. */
function ttlDifferences(
  { applianceTtlLoss }: ComparedLab,
  { kind }: Hop,
  { ttlIn, ttlOut }: ObservedHop,
  before: ObservedHop | undefined,
): string[] {
  const came = before?.ttlOut ?? before?.ttlIn;
  const isAtAws = kind !== "internet" && before?.kind !== "internet";
  const loss = kind === "appliance" ? applianceTtlLoss : 0;
  return [
    ...(came === undefined || ttlIn === undefined || !isAtAws ? [] : check("TTL on arrival", came, ttlIn)),
    ...(ttlIn === undefined || ttlOut === undefined ? [] : check("TTL on leaving", ttlIn - loss, ttlOut)),
  ];
}

function encapsulationDifferences(
  { wiring }: ComparedLab,
  { encapsulation: predicted }: Hop,
  { encapsulation: seen }: ObservedHop,
  before: ObservedHop | undefined,
): string[] {
  if (!predicted && !seen) return [];
  if (!predicted || !seen)
    return [difference("encapsulation", predicted ? "GENEVE" : "none", seen ? "GENEVE" : "none")];
  const sent = before?.encapsulation;
  const endpoint =
    before?.kind === "GWLB endpoint" ? wiring.endpoints.find((one) => one.endpoint.id === before.id) : undefined;
  return [
    ...checkIn("outer source", predicted.outerSource, seen.outerSource),
    ...checkIn("outer destination", predicted.outerDestination, seen.outerDestination),
    ...check("VNI", predicted.vni, seen.vni),
    ...(endpoint ? check("endpoint id", endpoint.id, seen.endpointId) : []),
    // What comes back to the load balancer is what it sent, ports included.
    ...(sent
      ? [
          ...check("endpoint id", sent.endpointId, seen.endpointId),
          ...check("attachment id", sent.attachmentId, seen.attachmentId),
          ...check("flow cookie", sent.cookie, seen.cookie),
          ...check("outer source port", sent.udpSourcePort, seen.udpSourcePort),
        ]
      : []),
  ];
}

/** A prediction is a CIDR block where AWS chooses the address in it. */
function checkIn(what: string, predicted: string, seen: string): string[] {
  const prefix = parsePrefix(predicted);
  const address = parseAddress(seen);
  return prefix && address && contains(prefix, address) ? [] : check(what, predicted, seen);
}

function check(what: string, predicted: string | number, seen: string | number | undefined): string[] {
  return predicted === seen ? [] : [difference(what, predicted, seen ?? "none")];
}

const difference = (what: string, predicted: string | number, seen: string | number): string =>
  `${what}: predicted ${predicted}, got ${seen}`;

/** Public addresses are AWS's to choose; the lab has its own. */
function inLab({ wiring }: ComparedLab, { text, interfaceId }: PacketAddress): string {
  const port = wiring.instances.find((one) => one.networkInterface.id === interfaceId);
  return port === undefined || port.addresses.includes(text) ? text : (port.publicAddress ?? text);
}
