import { CONNECTION_ATTEMPT, type Probe } from "./probe";
import type { Sighting } from "./sighting";

/** One packet wherever it was seen, and its answer. */
export interface Followed {
  readonly request: readonly Sighting[];
  /** Empty when nothing answered. */
  readonly reply: readonly Sighting[];
  /** What was followed: the probe, or the attempt to connect. */
  readonly followed: Pick<Probe, "title" | "isRequest" | "isReply">;
}

/**
 * Finds the packet that a probe sent, and its answer, among everything that was seen. Where no connection was made, the
 * packet that asked for one is what is left to follow.
 *
 * @param sender host that sent it
 * @param sightings the earliest first
 * @throws Error when the host sent no such packet
 */
export function follow(probe: Probe, sender: string, sightings: readonly Sighting[]): Followed {
  const sent = sightings.filter(
    (one) => one.host === sender && one.direction === "out" && one.interface !== "lo" && !one.encapsulation,
  );
  for (const followed of [probe, ...(probe.protocol === "tcp" ? [CONNECTION_ATTEMPT] : [])]) {
    const first = sent.find(({ packet }) => followed.isRequest(packet));
    if (!first) continue;
    const request = sameAs(first, sightings);
    return { followed, request, reply: replyTo(followed, request, sightings) };
  }
  throw new Error(
    `trace: ${sender} must send one ${probe.title}, got ${String(sent.length)} other packets from it; is its program there?`,
  );
}

const sameAs = ({ packet }: Sighting, sightings: readonly Sighting[]): readonly Sighting[] =>
  sightings.filter((one) => one.packet.identity === packet.identity);

/** What the host that the request came to last sent back. */
function replyTo({ isReply }: Followed["followed"], way: readonly Sighting[], sightings: readonly Sighting[]) {
  const arrived = way.at(-1);
  if (arrived?.direction !== "in") return [];
  const { host, timeNanoseconds, packet } = arrived;
  const answer = sightings.find(
    (one) =>
      one.host === host &&
      one.direction === "out" &&
      one.timeNanoseconds >= timeNanoseconds &&
      one.packet.source === packet.destination &&
      one.packet.destination === packet.source &&
      one.packet.sourcePort === packet.destinationPort &&
      one.packet.destinationPort === packet.sourcePort &&
      isReply(one.packet),
  );
  return answer ? sameAs(answer, sightings) : [];
}
