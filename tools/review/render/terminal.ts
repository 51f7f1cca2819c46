import { stripVTControlCharacters } from "node:util";
import { describePacket } from "../../topology/packet";
import { Hop, Walk } from "../../topology/walk-result";
import { Finding } from "../check";
import { Review } from "../review";
import { costLine, NOTHING_TO_WALK, outcomeOf, sizeOf, tally } from "../summary";

/** The review for a terminal: plain text, no colours, safe whatever the plan's names contain. */
export function renderTerminal(review: Review): string {
  const lines = [
    `${review.name}: ${sizeOf(review.topology) || `an empty ${review.topology.source}`}`,
    "",
    ...(review.hasInspection
      ? review.walks.flatMap((walk) => [
          `${walk.title}: ${outcomeOf(walk)}`,
          ...leg("out", walk.judged.out),
          ...leg("back", walk.judged.back),
          "",
        ])
      : [NOTHING_TO_WALK, ""]),
    ...(review.hasInspection && review.walks.length === 0
      ? ["no workload or workload subnet leads to an endpoint", ""]
      : []),
    `Findings: ${tally(review)}`,
    ...review.findings.flatMap(finding),
    ...review.suppressed.map((one) => `  suppressed  ${one.check}  ${one.address}: ${one.suppressed ?? ""}`),
    ...review.unusedSuppressions.map(
      (one) => `  unused suppression  ${one.check}${one.address === undefined ? "" : `  ${one.address}`}: remove it`,
    ),
    "",
    `Cost: ${costLine(review)}`,
    `  list prices of ${review.cost.asOf}${review.cost.region === undefined ? "" : `, ${review.cost.region}`}; --prices sets others, --markdown and --html show every line`,
    ...(review.notes.length > 0
      ? ["", `Assumed or not readable: ${review.notes.length}`, ...review.notes.slice(0, 8).map((note) => `  ${note}`)]
      : []),
  ];
  return `${lines.map(printable).join("\n")}\n`;
}

function leg(name: string, walk: Walk | undefined): readonly string[] {
  if (!walk) return [];
  return [`  ${name}  ${describePacket(walk.packet)}`, ...walk.hops.flatMap((hop, i) => step(hop, i + 1))];
}

function step(hop: Hop, number: number): readonly string[] {
  const denied = hop.filters
    .filter((filter) => filter.decision !== "allow")
    .map((filter) => `       ${filter.filter} ${filter.name}: ${filter.direction} ${filter.decision}, ${filter.why}`);
  const encapsulation =
    hop.encapsulation && hop.kind === "Gateway Load Balancer"
      ? ` (${hop.encapsulation.outerSource} -> ${hop.encapsulation.outerDestination}, UDP ${hop.encapsulation.udpPort})`
      : "";
  return [
    `  ${String(number).padStart(4)}. ${hop.text}${encapsulation}`,
    ...denied,
    ...hop.assumptions.map((assumption) => `       assumed: ${assumption}`),
  ];
}

function finding(one: Finding): readonly string[] {
  return [
    `  ${one.severity.padEnd(7)}  ${one.check}  ${one.address}`,
    `           ${one.what}`,
    `           why: ${one.why}`,
    `           fix: ${one.fix}`,
    `           ${one.source}`,
  ];
}

/** Names come from somebody else's plan: no control characters reach the terminal. */
function printable(line: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is replaced
  return stripVTControlCharacters(line).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}
