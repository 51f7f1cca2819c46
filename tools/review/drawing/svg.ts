import { Html, markup } from "../render/html/template";
import { Layout } from "./layout";

const KINDS: Readonly<Record<string, string>> = {
  outside: "internet",
  appliance: "appliance",
  "GWLB endpoint": "endpoint",
  "Gateway Load Balancer": "balancer",
  "internet gateway": "gateway",
  "egress-only internet gateway": "gateway",
  "NAT gateway": "gateway",
  "transit gateway": "gateway",
};

/** The drawing as SVG. Boxes and lines carry `data-id`, so that the page's script can light them up; colours are the style sheet's. */
export function svgOf(layout: Layout): Html {
  const { width, height, groups, edges, nodes } = layout;
  return markup`<svg
    viewBox="0 0 ${width} ${height}"
    width="${width}"
    height="${height}"
    role="img"
    aria-labelledby="drawing-title drawing-description"
  >
    <title id="drawing-title">The topology</title>
    <desc id="drawing-description">
      ${nodes.length} parts in ${groups.filter((group) => group.kind === "VPC").length} VPCs, and the lines that packets
      take between them. The numbered list says the same in words.
    </desc>
    <defs>
      <marker
        id="arrow"
        viewBox="0 0 10 10"
        refX="9"
        refY="5"
        markerUnits="userSpaceOnUse"
        markerWidth="15"
        markerHeight="15"
        orient="auto-start-reverse"
      >
        <path d="M0 0 10 5 0 10z" class="arrow" />
      </marker>
    </defs>
    <g class="groups">${groups.map(drawGroup)}</g>
    <g class="edges">${edges.map(drawEdge)}</g>
    <g class="nodes">${nodes.map(drawNode)}</g>
    <g class="packet" visibility="hidden" aria-hidden="true">
      <circle r="13" class="packet-halo" />
      <circle r="7" class="packet-dot" />
    </g>
  </svg>`;
}

function drawGroup(group: Layout["groups"][number]): Html {
  const width = Math.floor((group.width - 24) / 7.4);
  return markup`<g class="group ${group.kind === "VPC" ? "vpc" : "subnet"}" data-id="${group.id}"><title>${group.address}, ${group.detail}</title>
    <rect
      x="${round(group.x)}"
      y="${round(group.y)}"
      width="${round(group.width)}"
      height="${round(group.height)}"
      rx="${group.kind === "VPC" ? 14 : 9}"
    />
    <text x="${round(group.x + 14)}" y="${round(group.y + 20)}"><tspan class="kind">${group.kind} </tspan><tspan class="label">${shortened(group.label, width - 7)}</tspan></text>
    <text x="${round(group.x + 14)}" y="${round(group.y + 36)}" class="detail">${shortened(group.detail, Math.floor(width * 1.2))}</text></g>`;
}

function drawEdge(edge: Layout["edges"][number]): Html {
  const [first, ...rest] = edge.points;
  if (!first) return markup``;
  const path = `M${round(first.x)} ${round(first.y)}${rest.map(({ x, y }) => `L${round(x)} ${round(y)}`).join("")}`;
  return markup`<path
    class="edge${edge.isGeneve ? " geneve" : ""}"
    data-id="${edge.id}"
    data-from="${edge.from}"
    d="${path}"
  />`;
}

function drawNode(node: Layout["nodes"][number]): Html {
  const middle = round(node.x + node.width / 2);
  const characters = Math.floor((node.width - 12) / 7.2);
  return markup`<g class="node ${KINDS[node.kind] ?? "host"}" data-id="${node.id}"><title>${node.address}</title>
    <rect
      x="${round(node.x)}"
      y="${round(node.y)}"
      width="${round(node.width)}"
      height="${round(node.height)}"
      rx="8"
    />
    <text x="${middle}" y="${round(node.y + 17)}" class="kind">${node.kind}</text>
    <text x="${middle}" y="${round(node.y + 35)}" class="label">${shortened(node.label, characters)}</text>
    <text x="${middle}" y="${round(node.y + 51)}" class="detail">${shortened(node.detail, characters + 3)}</text></g>`;
}

/** The end of a name says more than its middle: both ends stay. */
function shortened(text: string, characters: number): string {
  const all = [...text];
  if (all.length <= characters) return text;
  const head = Math.max(1, Math.ceil((characters - 1) / 2));
  return `${all.slice(0, head).join("")}\u2026${all.slice(all.length - Math.max(0, characters - 1 - head)).join("")}`;
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
