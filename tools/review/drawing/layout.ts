import ELK, { ElkNode } from "elkjs/lib/elk.bundled.js";
import { DrawnEdge, DrawnGroup, DrawnNode, Graph } from "./graph";

/** A rectangle in the drawing's pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A graph with places. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly (DrawnNode & Box)[];
  readonly groups: readonly (DrawnGroup & Box)[];
  readonly edges: readonly (DrawnEdge & { readonly points: readonly { readonly x: number; readonly y: number }[] })[];
}

const NODE = { width: 150, height: 62 } as const;

/** A box is as wide as its name, within bounds; letters of its font take about this many pixels. */
const MAX_NODE_WIDTH = 250;
const LETTER_WIDTH = 7.4;

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.json.shapeCoords": "ROOT",
  "elk.json.edgeCoords": "ROOT",
  "elk.spacing.nodeNode": "22",
  "elk.spacing.edgeNode": "18",
  "elk.layered.spacing.nodeNodeBetweenLayers": "44",
  "elk.layered.spacing.edgeNodeBetweenLayers": "20",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.padding": "[top=12,left=12,bottom=12,right=12]",
};

/** Room for a group's two lines of text above its content. */
const GROUP_OPTIONS = { "elk.padding": "[top=46,left=16,bottom=16,right=16]" };

/** Places every box and line, with the Eclipse Layout Kernel's layered algorithm. */
export async function layOut(graph: Graph): Promise<Layout> {
  const root: ElkNode = {
    id: "drawing",
    layoutOptions: OPTIONS,
    children: childrenOf(graph, undefined),
    edges: graph.edges.map((edge) => ({ id: edge.id, sources: [edge.from], targets: [edge.to] })),
  };
  const laid: ElkNode = await new ELK().layout(root);
  const boxes = new Map<string, Box>();
  collect(laid, boxes);
  const box = (id: string): Box => boxes.get(id) ?? { x: 0, y: 0, ...NODE };
  return {
    width: Math.ceil(laid.width ?? 0),
    height: Math.ceil(laid.height ?? 0),
    nodes: graph.nodes.map((node) => ({ ...node, ...box(node.id) })),
    groups: graph.groups.map((group) => ({ ...group, ...box(group.id) })),
    edges: graph.edges.map((edge) => {
      const section = laid.edges?.find((one) => one.id === edge.id)?.sections?.[0];
      return { ...edge, points: section ? [section.startPoint, ...(section.bendPoints ?? []), section.endPoint] : [] };
    }),
  };
}

function childrenOf(graph: Graph, parent: string | undefined): ElkNode[] {
  const groups = graph.groups.filter((group) => group.parent === parent);
  const nodes = graph.nodes.filter((node) => node.group === parent);
  return [
    ...groups.map((group) => ({ id: group.id, layoutOptions: GROUP_OPTIONS, children: childrenOf(graph, group.id) })),
    ...nodes.map((node) => ({ id: node.id, width: widthOf(node), height: NODE.height })),
  ];
}

function widthOf({ label, detail }: DrawnNode): number {
  const text = Math.max(label.length * LETTER_WIDTH, detail.length * (LETTER_WIDTH - 0.8));
  return Math.round(Math.min(MAX_NODE_WIDTH, Math.max(NODE.width, text + 22)));
}

function collect(node: ElkNode, boxes: Map<string, Box>): void {
  boxes.set(node.id, { x: node.x ?? 0, y: node.y ?? 0, width: node.width ?? 0, height: node.height ?? 0 });
  for (const child of node.children ?? []) collect(child, boxes);
}
