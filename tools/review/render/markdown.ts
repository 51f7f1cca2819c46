import { describePacket } from "../../topology/packet";
import { Walk } from "../../topology/walk-result";
import { Finding, ReviewedWalk } from "../check";
import { Review } from "../review";
import { costLine, NOTHING_TO_WALK, outcomeOf, sizeOf, tally } from "../summary";

/** The review as GitHub-flavoured Markdown, for a pull request. */
export function renderMarkdown(review: Review): string {
  return [
    `## Review of ${escape(review.name)}`,
    `${sizeOf(review.topology) || "empty"} - **${tally(review)}** - ${costLine(review)}`,
    ...(review.findings.length > 0 ? ["### Findings", findings(review.findings)] : []),
    "### Walks",
    ...(review.hasInspection ? review.walks.map(walk) : [`${NOTHING_TO_WALK}.`]),
    "### Cost",
    cost(review),
    ...(review.suppressed.length > 0 ? ["### Suppressed", suppressed(review)] : []),
    ...(review.notes.length > 0
      ? [details("Assumed or not readable", review.notes.map((note) => `- ${escape(note)}`).join("\n"))]
      : []),
  ]
    .join("\n\n")
    .concat("\n");
}

function findings(list: readonly Finding[]): string {
  const rows = list.map(
    (one) =>
      `| ${one.severity} | [${one.check}](${one.source}) | ${code(one.address)} | ${escape(one.what)} | ${escape(one.fix)} |`,
  );
  return ["| severity | check | where | what | fix |", "| --- | --- | --- | --- | --- |", ...rows].join("\n");
}

function walk(reviewed: ReviewedWalk): string {
  const { out, back } = reviewed.judged;
  return details(
    `${escape(reviewed.title)}: ${escape(outcomeOf(reviewed))}`,
    [leg("Out", out), ...(back ? [leg("Back", back)] : [])].join("\n\n"),
  );
}

function leg(name: string, { packet, hops }: Walk): string {
  return [
    `${name}: ${code(describePacket(packet))}`,
    "",
    ...hops.map(
      (hop, i) =>
        `${i + 1}. ${escape(hop.text)}${hop.assumptions.map((one) => ` *(assumed: ${escape(one)})*`).join("")}`,
    ),
  ].join("\n");
}

function cost({ cost: { lines, currency, asOf, source, region, byTraffic } }: Review): string {
  const rows = lines.map(
    (line) =>
      `| ${code(line.address)} | [${escape(line.what)}](${line.page}) | ${line.perHour === undefined ? "unknown" : line.perHour.toFixed(4)} |`,
  );
  return details(
    `${lines.length} billed parts, ${currency} an hour`,
    [
      `| resource | what | ${currency}/h |`,
      "| --- | --- | ---: |",
      ...rows,
      "",
      `Prices of ${asOf}${region === undefined ? "" : ` in ${region}`}: ${escape(source)}. Traffic adds: ${byTraffic.join("; ")}.`,
    ].join("\n"),
  );
}

function suppressed(review: Review): string {
  const rows = review.suppressed.map(
    (one) => `| ${one.check} | ${code(one.address)} | ${escape(one.what)} | ${escape(one.suppressed ?? "")} |`,
  );
  return ["| check | where | what | why it is accepted |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** Markdown's and HTML's own characters lose their meaning; a line stays one line. */
function escape(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_{}[\]()#|~@]/g, "\\$&");
}

function code(text: string): string {
  return `\`${text.replaceAll(/\s+/g, " ").replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}
