import { CostLine } from "../../cost/cost-of";
import { Review } from "../../review";
import { costLine } from "../../summary";
import { EMPTY, Html, markup } from "./template";

/** Every billed part of every resource, and then the resources that cost nothing by themselves. */
export function costSection(review: Review): Html {
  const { lines, asOf, source, region, byTraffic, currency } = review.cost;
  const priced = new Set(lines.map((line) => line.address));
  const free = review.topology.resources.filter((resource) => !priced.has(resource.address));
  return markup`<section aria-labelledby="cost-heading">
    <h2 id="cost-heading">Resources and what they cost</h2>
    <p>${costLine(review)}.</p>
    ${
      lines.length === 0
        ? EMPTY
        : markup`<div class="scroll">
            <table class="cost">
              <thead>
                <tr>
                  <th scope="col">Resource</th>
                  <th scope="col">Billed</th>
                  <th scope="col" class="number">${currency} an hour</th>
                </tr>
              </thead>
              <tbody>
                ${lines.map(row)}
              </tbody>
            </table>
          </div>`
    }
    <p class="source">
      List prices of ${asOf}${region === undefined ? "" : ` for ${region}`}: ${source}. Traffic adds:
      ${byTraffic.map((text) => text.replace(/, https:.*/, "")).join("; ")}.
    </p>
    ${
      free.length === 0
        ? EMPTY
        : markup`<details>
            <summary>${free.length} resources that have no price here</summary>
            <ul class="resources">
              ${free.map((resource) => markup`<li><code>${resource.address}</code></li>`)}
            </ul>
          </details>`
    }
  </section>`;
}

function row(line: CostLine): Html {
  return markup`<tr>
    <td><code>${line.address}</code></td>
    <td><a href="${line.page}" rel="noreferrer">${line.what}</a></td>
    <td class="number">${line.perHour === undefined ? markup`<em>unknown</em>` : line.perHour.toFixed(4)}</td>
  </tr>`;
}
