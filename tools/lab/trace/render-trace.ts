import { IP_PROTOCOL } from "../../../appliance-agent/src/codec/ip-protocol";
import type { ComparedHop } from "./compare-hops";
import type { ObservedHop, Passage } from "./observed-hops";
import type { SeenEncapsulation, SeenPacket } from "./sighting";
import type { Trace, TracedWay } from "./trace-lab";

/** A trace for people: every way as a numbered list of hops, what was predicted beside it, and the differences. */
export function renderTrace(trace: Trace): string {
  const differences = differencesOf(trace);
  const again = trace.attempts === 1 ? [] : [`sent ${String(trace.attempts)} times; this is the last`];
  const verdict =
    differences.length === 0
      ? ["every hop is as predicted"]
      : [`${String(differences.length)} differences from the prediction:`, ...differences.map((line) => `  ${line}`)];
  return [trace.title, ...again, ...trace.ways.flatMap(wayLines), "", ...verdict, ""].join("\n");
}

/** What differs from the prediction in all ways, each in one line that says where. */
export function differencesOf({ ways }: Trace): readonly string[] {
  return ways.flatMap(({ title, differences }) => differences.map((one) => `${title}: ${one}`));
}

/** A trace for programs. */
export function traceAsJson(trace: Trace): object {
  const { title, attempts, pcapDirectory } = trace;
  return {
    title,
    attempts,
    pcapDirectory,
    differences: differencesOf(trace),
    ways: trace.ways.map((way) => ({
      title: way.title,
      verdict: way.predicted.verdict,
      hops: way.hops.map(({ predicted, observed, differences }) => ({
        ...(predicted
          ? { predicted: { kind: predicted.kind, name: predicted.name, text: predicted.text, route: predicted.route } }
          : {}),
        ...(observed ? { observed: observedAsJson(observed) } : {}),
        differences,
      })),
    })),
  };
}

function observedAsJson({ packet, behind, ...hop }: ObservedHop): object {
  const { family, source, destination, protocol, sourcePort, destinationPort, ttl } = packet;
  return {
    ...hop,
    packet: { family, source, destination, protocol, sourcePort, destinationPort, ttl },
    behind: behind.map(describePassage),
  };
}

function wayLines({ title, predicted: { verdict }, hops }: TracedWay): string[] {
  const end =
    verdict.kind === "delivered"
      ? `delivered to ${verdict.where}`
      : `${verdict.kind} at ${verdict.where}: ${verdict.why}`;
  return ["", `${title}; predicted: ${end}`, ...hops.flatMap(hopLines)];
}

function hopLines({ predicted, observed, differences }: ComparedHop, at: number): string[] {
  const number = `${String(at + 1).padStart(2)}. `;
  const kind = observed?.kind ?? predicted?.kind ?? "";
  const name = predicted?.kind === kind && predicted.name !== "" ? ` ${predicted.name}` : "";
  const route = predicted?.route?.route;
  return [
    `${number}${kind}${name}${observed ? `  [${place(observed)}]` : "  [not seen]"}`,
    ...(observed ? [`    ${describeSeen(observed.packet)}`] : []),
    ...(observed?.encapsulation ? [`    in ${describeEncapsulation(observed.encapsulation)}`] : []),
    ...(predicted ? [`    predicted: ${predicted.text}${route === undefined ? "" : ` (${route})`}`] : []),
    ...(observed?.behind ?? []).map((passage) => `    then ${describePassage(passage)}`),
    ...differences.map((difference) => `    DIFFERENT ${difference}`),
  ];
}

const place = ({ host, in: arrived, out: left }: ObservedHop): string =>
  `${host}: ${arrived ?? ""}${left === undefined ? "" : ` -> ${left}`}`.replace(":  ->", ": ->");

function describeSeen(packet: SeenPacket): string {
  const { source, destination, sourcePort, destinationPort, protocol, ttl, family } = packet;
  const end = (address: string, port: number | undefined): string =>
    port === undefined ? address : family === "ipv6" ? `[${address}]:${String(port)}` : `${address}:${String(port)}`;
  const name = Object.entries(IP_PROTOCOL).find(([, number]) => number === protocol)?.[0] ?? String(protocol);
  return `${name.toUpperCase()} ${end(source, sourcePort)} -> ${end(destination, destinationPort)}, TTL ${String(ttl)}`;
}

function describeEncapsulation(geneve: SeenEncapsulation): string {
  const { outerSource, outerDestination, udpSourcePort, vni, endpointId, cookie } = geneve;
  return `GENEVE ${outerSource}:${String(udpSourcePort)} -> ${outerDestination}:6081, VNI ${String(vni)}, endpoint ${endpointId}, cookie ${cookie}`;
}

const describePassage = ({ host, sightings }: Passage): string =>
  `${host}: ${sightings.map((one) => one.interface).join(" -> ")}`;
