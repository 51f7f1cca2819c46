import { Finding } from "../../check";
import { Review } from "../../review";
import { tally } from "../../summary";
import { EMPTY, Html, markup } from "./template";

/** Every finding with why and how to mend it, and what was accepted. */
export function findingsSection(review: Review): Html {
  return markup`<section aria-labelledby="findings-heading">
    <h2 id="findings-heading">Findings</h2>
    ${review.findings.length === 0 ? markup`<p class="nothing good-text">${tally(review)}</p>` : markup`<div class="findings">${review.findings.map(card)}</div>`}
    ${
      review.suppressed.length === 0
        ? EMPTY
        : markup`<h3>Suppressed</h3>
            <ul class="plain">
              ${review.suppressed.map((one) => markup`<li><code>${one.check}</code> at <code>${one.address}</code>: ${one.what}. <em>Accepted: ${one.suppressed ?? ""}</em></li>`)}
            </ul>`
    }
    ${review.unusedSuppressions.length === 0 ? EMPTY : markup`<p>Suppressions that match nothing: ${review.unusedSuppressions.map((one) => one.check).join(", ")}.</p>`}
  </section>`;
}

function card(finding: Finding): Html {
  return markup`<article class="finding ${finding.severity}">
    <h3><span class="severity">${finding.severity}</span> ${finding.title}</h3>
    <p><code>${finding.address}</code></p>
    <p class="what">${finding.what}</p>
    <dl>
      <dt>Why</dt>
      <dd>${finding.why}</dd>
      <dt>Fix</dt>
      <dd>${finding.fix}</dd>
    </dl>
    <p class="source"><code>${finding.check}</code>, <a href="${finding.source}" rel="noreferrer">AWS's page</a></p>
  </article>`;
}
