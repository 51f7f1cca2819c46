import { describePacket } from "../../../topology/packet";
import { Hop, Walk } from "../../../topology/walk-result";
import { ReviewedWalk } from "../../check";
import { edgeId, nodeIdOf } from "../../drawing/graph";
import { Review } from "../../review";
import { isDroppedByRule, NOTHING_TO_WALK, outcomeOf } from "../../summary";
import { EMPTY, Html, markup } from "./template";

/** The drawing, and beside it every walk hop by hop. */
export function walksSection(review: Review, drawing: Html): Html {
  if (!review.hasInspection)
    return markup`<section>
      <h2>The packet's way</h2>
      <p class="nothing">${NOTHING_TO_WALK}.</p>
    </section>`;
  if (review.walks.length === 0)
    return markup`<section>
      <h2>The packet's way</h2>
      <p class="nothing">No workload, and no subnet for one, leads to an endpoint.</p>
    </section>`;
  return markup`<section class="walks" aria-labelledby="walks-heading">
    <h2 id="walks-heading">The packet's way</h2>
    <div class="chooser" ${review.walks.length === 1 ? new Html("hidden") : EMPTY}>
      <label for="walk">Walk</label>
      <select id="walk">
        ${review.walks.map((walk, i) => markup`<option value="${i}">${walk.title}: ${outcomeOf(walk)}</option>`)}
      </select>
    </div>
    <div class="stage">
      <div class="drawing" tabindex="0" role="region" aria-label="Drawing of the topology">${drawing}</div>
      <div class="dock"><div class="controls" role="group" aria-label="Follow the packet">
        <button type="button" id="first" aria-keyshortcuts="Home">First</button>
        <button type="button" id="previous" aria-keyshortcuts="ArrowLeft">Back</button>
        <button type="button" id="play" aria-pressed="false" aria-keyshortcuts="p">Play</button>
        <button type="button" id="next" aria-keyshortcuts="ArrowRight">Next</button>
        <button type="button" id="last" aria-keyshortcuts="End">Last</button>
        <span id="position" class="position"></span>
        <span class="keys"><kbd>&larr;</kbd> <kbd>&rarr;</kbd> step, <kbd>p</kbd> play</span>
      </div>
      <div id="caption" class="caption" role="status" aria-live="polite"></div></div>
    </div>
    ${review.walks.map(walkArticle)}
  </section>`;
}

function walkArticle(walk: ReviewedWalk, index: number): Html {
  const { out, back, verdict } = walk.judged;
  const byRule = isDroppedByRule(walk);
  const good = verdict.kind === "delivered";
  return markup`<article class="walk" data-walk="${index}" data-verdict="${byRule ? "by rule" : verdict.kind}" aria-label="${walk.title}">
    <h3>
      ${walk.title}
      <span class="verdict ${good ? "good" : byRule || verdict.kind === "cannot determine" ? "unsure" : "bad"}">${outcomeOf(walk)}</span>
    </h3>
    <div class="legs">${leg("out", "Out", out, byRule)}${back ? leg("back", "Back", back, byRule) : EMPTY}</div>
  </article>`;
}

function leg(direction: "out" | "back", title: string, walk: Walk, byRule: boolean): Html {
  return markup`<section class="leg ${direction}">
    <h4>${title}</h4>
    <p class="header">${describePacket(walk.packet)}</p>
    <ol>
      ${walk.hops.map((hop, i) => hopItem(walk, hop, i, direction))}
    </ol>
    ${walk.verdict.kind === "delivered" ? EMPTY : markup`<p class="end ${byRule ? "unsure" : "bad"}"><strong>${walk.verdict.kind}</strong> at ${walk.verdict.where}: ${walk.verdict.why}</p>`}
  </section>`;
}

function hopItem(walk: Walk, hop: Hop, index: number, direction: "out" | "back"): Html {
  const before = lastNode(walk.hops.slice(0, hop.kind === "VPC router" ? index + 1 : index));
  const after = hop.kind === "VPC router" ? firstNode(walk.hops.slice(index + 1)) : nodeIdOf(hop);
  const edge = before !== undefined && after !== undefined && before !== after ? edgeId(before, after) : "";
  const node = nodeIdOf(hop) ?? "";
  return markup`<li>
    <button
      type="button"
      class="hop"
      data-node="${node}"
      data-edge="${edge}"
      data-edge-from="${before ?? ""}"
      data-group="${hop.subnetId ?? hop.vpcId ?? ""}"
      data-direction="${direction}"
      data-table="${hop.route?.tableId ?? ""}"
      data-destination="${hop.route?.destination ?? ""}"
    >
      <span class="where">${hop.kind}${hop.zone === undefined ? EMPTY : markup` <span class="zone">${hop.zone}</span>`}</span>
      <span class="what">${hop.text}</span>
    </button>
    <div class="more">${packetBar(hop)}${facts(hop)}</div>
  </li>`;
}

/** The packet as nested headers, so that the encapsulation is seen. */
function packetBar(hop: Hop): Html {
  const { source, destination } = hop.packet;
  const inner = markup`<span class="header-box inner"><b>IP</b> ${source.text} &rarr; ${destination.text}</span>`;
  const { encapsulation } = hop;
  if (!encapsulation) return markup`<p class="packet-bar">${inner}</p>`;
  return markup`<p class="packet-bar">
    <span class="header-box outer"><b>IP</b> ${encapsulation.outerSource} &rarr; ${encapsulation.outerDestination}</span><span class="header-box outer"><b>UDP</b> ${encapsulation.udpPort}</span><span class="header-box outer"><b>GENEVE</b> VNI ${encapsulation.vni}</span>${inner}
  </p>`;
}

function facts(hop: Hop): Html {
  const { route, translation } = hop;
  const rows: Html[] = [];
  if (route)
    rows.push(
      markup`<li>
        <b>Route</b> ${route.destination} &rarr; ${route.target}
        <span class="source">${route.route ?? `${route.origin}, implicit`};
          ${route.how === "main" ? "main route table" : route.how === "edge" ? "edge route table" : route.how === "associated" ? "table associated with the subnet" : route.how}</span>
      </li>`,
    );
  if (translation)
    rows.push(markup`<li><b>NAT</b> ${translation.field} ${translation.from} becomes ${translation.to}</li>`);
  for (const filter of hop.filters)
    rows.push(
      markup`<li class="${filter.decision === "allow" ? "allow" : "deny"}">
        <b>${filter.filter}</b> ${filter.direction} ${filter.decision}: ${filter.name}, ${filter.why}
      </li>`,
    );
  for (const assumption of hop.assumptions) rows.push(markup`<li class="assumed"><b>Assumed</b> ${assumption}</li>`);
  return rows.length === 0
    ? EMPTY
    : markup`<ul class="facts">
        ${rows}
      </ul>`;
}

function lastNode(hops: readonly Hop[]): string | undefined {
  return hops.flatMap((hop) => nodeIdOf(hop) ?? []).at(-1);
}

function firstNode(hops: readonly Hop[]): string | undefined {
  return hops.flatMap((hop) => nodeIdOf(hop) ?? [])[0];
}
