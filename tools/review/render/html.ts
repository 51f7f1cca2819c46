import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { graphOf } from "../drawing/graph";
import { layOut } from "../drawing/layout";
import { svgOf } from "../drawing/svg";
import { Review } from "../review";
import { costLine, isDroppedByRule, outcomeOf, sizeOf, tally } from "../summary";
import { costSection } from "./html/cost-section";
import { findingsSection } from "./html/findings-section";
import { routeTablesSection } from "./html/route-tables-section";
import { EMPTY, Html, markup } from "./html/template";
import { walksSection } from "./html/walks-section";

/**
 * The review as one HTML page that needs nothing else: no network, no other file. Its content security policy allows
 * exactly its own style sheet and script, by their hashes.
 */
export async function renderHtml(review: Review): Promise<string> {
  const style = readFileSync(join(__dirname, "html/page.css"), "utf8");
  const script = readFileSync(join(__dirname, "html/page.js"), "utf8");
  const drawing = review.hasInspection ? svgOf(await layOut(graphOf(review.topology, review.walks))) : EMPTY;
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`;
  const worst = review.findings[0]?.severity ?? "none";
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Html(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>Review of ${review.name}</title>
        <style>${new Html(style)}</style>
      </head>
      <body>
        <header class="top">
          <p class="eyebrow">Plan review, walked without AWS</p>
          <h1>${review.name}</h1>
          <ul class="summary">
            <li class="tile ${worst}"><a href="#findings-heading"><span class="tile-name">Findings</span><strong>${tally(review)}</strong></a></li>
            <li class="tile"><span class="tile-name">Path</span><strong>${pathSummary(review)}</strong></li>
            <li class="tile"><a href="#cost-heading"><span class="tile-name">Cost</span><strong>${costLine(review)}</strong></a></li>
            <li class="tile">
              <span class="tile-name">Read from the ${review.topology.source}</span><strong>${sizeOf(review.topology) || "nothing"}</strong>
            </li>
          </ul>
        </header>
        <main>
          ${walksSection(review, drawing)} ${findingsSection(review)} ${routeTablesSection(review.topology)}
          ${costSection(review)}
          ${
            review.notes.length === 0
              ? EMPTY
              : markup`<section>
                  <h2>Assumed or not readable</h2>
                  <ul class="plain">
                    ${review.notes.map((note) => markup`<li>${note}</li>`)}
                  </ul>
                </section>`
          }
        </main>
        <script>${new Html(script)}</script>
      </body>
    </html>
`.text;
}

function pathSummary(review: Review): string {
  const { walks } = review;
  if (walks.length === 0) return "nothing to walk";
  const good = walks.filter((walk) => walk.judged.verdict.kind === "delivered").length;
  const byRule = walks.filter(isDroppedByRule).length;
  if (walks.length === 1 && walks[0]) return outcomeOf(walks[0]);
  return `${good} of ${walks.length} walks arrive and return the same way${byRule === 0 ? "" : `, the appliance's rules drop ${byRule}`}`;
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
