import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AgentConfiguration } from "../../../appliance-agent/src/rules/agent-configuration";
import { packetFacts } from "../../../appliance-agent/src/rules/packet-facts";
import { parseAgentConfiguration } from "../../../appliance-agent/src/rules/parse-agent-configuration";
import { applianceConfiguration } from "../../appliance-rules/appliance-configuration";
import { applianceDecision, type ApplianceDecision } from "../../appliance-rules/appliance-decision";
import { roundTrip, type WalkRequest } from "../../topology/walk";
import type { RoundTrip } from "../../topology/walk-result";
import { INTERNET } from "../fabric/internet";
import type { Lab } from "../lab";
import { WEB_NAMES } from "../plan/internet-names";
import { INTERNET_HOST } from "../plan/services-of";
import { seenWhile } from "./capture-lab";
import { compareHops, type ComparedHop, copies } from "./compare-hops";
import { follow } from "./follow";
import { observedHops } from "./observed-hops";
import { type PredictedWay, predictedReply, predictedRequest } from "./predicted-way";
import { type Probe, type Probed, probeOf } from "./probe";
import type { Sighting } from "./sighting";
import { type Receiver, whileListening } from "./while-listening";

/** A packet that is lost without a reason is sent again, so that a busy machine's hiccup is told from a fault. */
const ATTEMPTS = 3;

/** What is traced. */
export interface TraceRequest {
  readonly probe: Probed;
  /** Host of the lab that sends: a client, or `outside`, which sends to the first client. @default - the first client */
  readonly from?: string;
  /** Folder for the captures, which stay. @default - one that goes with the lab */
  readonly pcapDirectory?: string;
}

/** One packet's way in one direction. */
export interface TracedWay {
  /** For people: which packet, and which direction. */
  readonly title: string;
  readonly predicted: PredictedWay;
  readonly hops: readonly ComparedHop[];
  /** What differs from the prediction, and where; each in one line. */
  readonly differences: readonly string[];
}

/** A real packet's way, and its answer's, beside the predicted ones. */
export interface Trace {
  readonly title: string;
  readonly ways: readonly TracedWay[];
  /** How often the packet was sent before it took its way. */
  readonly attempts: number;
  /** Where the captures are. */
  readonly pcapDirectory: string;
}

/**
 * Sends a real packet through a running lab, follows it and its answer from namespace to namespace, and compares both
 * with the predicted walk.
 *
 * @throws Error when there is nobody to send, or a capture fails
 */
export async function traceLab(lab: Lab, request: TraceRequest): Promise<Trace> {
  const ends = endsOf(lab, request);
  const pcapDirectory = request.pcapDirectory ?? join(lab.directory, "trace");
  for (let attempts = 1; ; attempts++) {
    const sightings = await seenWhile(lab, pcapDirectory, async () => {
      const send = async (): Promise<void> => {
        await lab.exec(ends.sender, ...ends.probe.command(ends.destination));
      };
      await (typeof request.probe === "string" ? send() : whileListening(lab, ends.receiver, request.probe, send));
    });
    const ways = waysOf(lab, ends, sightings);
    if (attempts === ATTEMPTS || ways.every(({ differences }) => differences.length === 0)) {
      return { title: `${ends.probe.title} from ${ends.sender} to ${ends.destination}`, ways, attempts, pcapDirectory };
    }
  }
}

/** Who sends what to whom. */
interface Ends {
  readonly probe: Probe;
  readonly sender: string;
  /** As the sender names it. */
  readonly destination: string;
  readonly receiver: Receiver;
  readonly walk: Pick<WalkRequest, "from" | "to">;
}

function endsOf(lab: Lab, { probe: probed, from }: TraceRequest): Ends {
  const clients = lab.plan.wiring.instances.filter(({ role }) => role === "client");
  const [first] = clients;
  if (from === "outside" && first?.publicAddress !== undefined) {
    const walk = { from: INTERNET.outside, to: first.instance.address };
    const receiver = { host: first.host, address: first.addresses[0] ?? "" };
    return { probe: probeOf(probed, true), sender: from, destination: first.publicAddress, receiver, walk };
  }
  const client = from === undefined ? first : clients.find(({ host }) => host === from);
  if (!client) {
    const hosts = [...clients.map(({ host }) => host), "outside"].join(", ");
    throw new Error(`trace: no such sender, got '${from ?? ""}'; name one of ${hosts}`);
  }
  const isNamed = probed === "http" || probed === "https"; // Squid wants to know the host
  const destination = isNamed ? WEB_NAMES.web : INTERNET.web;
  const walk = { from: client.instance.address, to: INTERNET.web };
  const receiver = { host: INTERNET_HOST, address: INTERNET.web };
  return { probe: probeOf(probed, false), sender: client.host, destination, receiver, walk };
}

/** Both directions of the packet, and those of the one that a proxy sent for it. */
function waysOf(lab: Lab, ends: Ends, sightings: readonly Sighting[]): readonly TracedWay[] {
  const { ways, redirectedTo } = legOf(lab, ends, sightings);
  const bastion = lab.plan.wiring.instances.find(({ addresses }) => addresses.includes(redirectedTo ?? ""));
  if (!bastion || !ends.probe.isProxied) return ways;
  const walk = { from: bastion.instance.address, to: ends.walk.to };
  return [...ways, ...legOf(lab, { ...ends, sender: bastion.host, walk }, sightings).ways];
}

function legOf(
  lab: Lab,
  { probe, sender, walk }: Ends,
  sightings: readonly Sighting[],
): { readonly ways: readonly TracedWay[]; readonly redirectedTo?: string } {
  const { topology } = lab.loaded;
  const { followed, request, reply } = follow(probe, sender, sightings);
  const { sourcePort, destinationPort: port } = request[0]?.packet ?? {};
  const trip = roundTrip(topology, {
    ...walk,
    protocol: probe.protocol,
    ...(port === undefined ? {} : { sourcePort, port }),
  });
  const configuration = configurationFor(lab, trip);
  const decide = (way: readonly Sighting[]) => decisionOf(lab, trip, configuration, way);
  const decision = decide(request);
  const compare = (title: string, predicted: PredictedWay, way: readonly Sighting[]): TracedWay =>
    comparedWay(lab, configuration, title, predicted, way);
  const out = predictedRequest(topology, trip, decision);
  const ways = [compare(`${followed.title}, sent by ${sender}`, out, request)];
  const back = out.verdict.kind === "delivered" ? predictedReply(topology, trip, decision, decide(reply)) : undefined;
  if (back) ways.push(compare(`answer to ${sender}'s ${followed.title}`, back, reply));
  return { ways, ...(decision.kind === "redirect" ? { redirectedTo: decision.address } : {}) };
}

function comparedWay(
  { plan: { wiring } }: Lab,
  configuration: AgentConfiguration | undefined,
  title: string,
  predicted: PredictedWay,
  sightings: readonly Sighting[],
): TracedWay {
  const applianceTtlLoss = configuration?.mode === "routed" ? 1 : 0;
  const hops = compareHops({ wiring, applianceTtlLoss }, predicted, observedHops(wiring, sightings));
  const differences = hops.flatMap((hop, at) => hop.differences.map((one) => `hop ${String(at + 1)}: ${one}`));
  return { title, predicted, hops, differences: [...differences, ...copies(sightings)] };
}

/** What the lab's S3 has now for the appliance that the packet meets. */
function configurationFor(lab: Lab, { out }: RoundTrip): AgentConfiguration | undefined {
  const appliance = out.hops.find(({ kind }) => kind === "appliance");
  const planned = applianceConfiguration(lab.loaded.topology, appliance?.id);
  if (planned.kind === "unknown") return undefined;
  const path = join(planned.object.bucket ?? "", planned.object.key ?? "");
  return parseAgentConfiguration(readFileSync(join(lab.directory, "s3", path), "utf8"), path);
}

/** The appliance judges the packet that it gets, which an internet gateway may have translated before. */
function decisionOf(
  { plan: { wiring } }: Lab,
  { out }: RoundTrip,
  configuration: AgentConfiguration | undefined,
  way: readonly Sighting[],
): ApplianceDecision {
  const judged = way.find(({ encapsulation }) => encapsulation !== undefined) ?? way[0];
  const endpoint = wiring.endpoints.find((port) => port.endpoint.id === out.endpoints[0]);
  if (!configuration || !judged || !endpoint) return { kind: "return" };
  return applianceDecision(configuration, packetFacts(judged.packet.bytes, BigInt(`0x${endpoint.id}`)));
}
