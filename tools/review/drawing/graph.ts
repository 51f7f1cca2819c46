import { byId, NetworkInterface, Part, Subnet, Topology } from "../../topology/topology";
import { Hop, Walk } from "../../topology/walk-result";
import { ReviewedWalk } from "../check";

/** Something that packets visit: a box of the drawing. */
export interface DrawnNode {
  readonly id: string;
  /** `instance`, `GWLB endpoint`: the small line above the name. */
  readonly kind: string;
  readonly label: string;
  /** Address or type below the name. */
  readonly detail: string;
  /** Terraform's address. */
  readonly address: string;
  readonly group?: string;
}

/** A VPC, or a subnet inside of one. */
export interface DrawnGroup {
  readonly id: string;
  readonly kind: "VPC" | "subnet";
  readonly label: string;
  readonly detail: string;
  readonly address: string;
  readonly parent?: string;
}

/** Two boxes between which a packet goes, in the direction of its first crossing. */
export interface DrawnEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly isGeneve: boolean;
}

/** A topology as boxes and lines, before it is laid out. */
export interface Graph {
  readonly nodes: readonly DrawnNode[];
  readonly groups: readonly DrawnGroup[];
  readonly edges: readonly DrawnEdge[];
}

/** Boxes beyond this number are left out unless a walk visits them. */
const MAX_IDLE_NODES = 40;

/** What is drawn: every VPC and subnet with something in it, and every box that a walk visits. */
export function graphOf(topology: Topology, walks: readonly ReviewedWalk[]): Graph {
  const nodes = new Map<string, DrawnNode>();
  const edges = new Map<string, DrawnEdge>();
  const trips = walks.flatMap(({ roundTrip, judged }) => [roundTrip, judged]);
  const legs = trips.flatMap(({ out, back }) => [out, ...(back ? [back] : [])]);
  for (const leg of legs) addLeg(topology, leg, nodes, edges);
  const idle = topology.networkInterfaces
    .filter((one) => one.kind === "instance" && one.deviceIndex === 0)
    .slice(0, MAX_IDLE_NODES);
  for (const one of idle)
    if (!nodes.has(one.ownerId ?? one.id)) nodes.set(one.ownerId ?? one.id, nodeOfInterface(topology, one));
  const list = [...nodes.values()];
  const subnets = topology.subnets.filter((subnet) => list.some((node) => node.group === subnet.id));
  const vpcIds = new Set([...subnets.map((subnet) => subnet.vpcId), ...list.map((node) => node.group)]);
  const vpcs = topology.vpcs.filter((vpc) => vpcIds.has(vpc.id));
  const groups: DrawnGroup[] = [
    ...vpcs.map((vpc) => ({
      id: vpc.id,
      kind: "VPC" as const,
      label: labelOf(vpc),
      detail: [...vpc.ipv4Cidrs, ...vpc.ipv6Cidrs].join(", "),
      address: vpc.address,
    })),
    ...subnets.map((subnet) => ({
      id: subnet.id,
      kind: "subnet" as const,
      label: labelOf(subnet),
      detail: subnetDetail(subnet),
      address: subnet.address,
      parent: vpcs.some((vpc) => vpc.id === subnet.vpcId) ? subnet.vpcId : undefined,
    })),
  ];
  const drawn = new Set(groups.map((group) => group.id));
  const prefix = sharedPrefix([...groups, ...list.filter((node) => node.id !== "internet")].map((one) => one.label));
  const short = <T extends { readonly label: string }>(one: T): T => ({
    ...one,
    label: one.label.startsWith(prefix) ? one.label.slice(prefix.length) : one.label,
  });
  return {
    nodes: list.map((node) => short({ ...node, group: drawn.has(node.group ?? "") ? node.group : undefined })),
    groups: groups.map(short),
    edges: [...edges.values()],
  };
}

/** What people call a part: its Name tag, or its address without the resource type. */
export function labelOf(part: Part): string {
  const name = part.tags.Name ?? "";
  return name === "" ? part.address.replace(/(^|\.)(data\.)?aws_\w+\./g, "$1").replace(/^module\./, "") : name;
}

/** What all Name tags have in common before a slash, as constructs and modules write them. */
function sharedPrefix(labels: readonly string[]): string {
  const [first = ""] = labels;
  const prefix = first.slice(0, first.indexOf("/") + 1);
  return labels.length > 1 && labels.every((label) => label.startsWith(prefix)) ? prefix : "";
}

/** The box of a hop; nothing for the VPC's router, which is a decision and no place. */
export function nodeIdOf(hop: Hop): string | undefined {
  if (hop.kind === "VPC router") return undefined;
  return hop.kind === "internet" ? "internet" : (hop.id ?? hop.name);
}

/** The line between two boxes, whichever way it is crossed. */
export function edgeId(one: string, other: string): string {
  return [one, other].sort().join(" - ");
}

function addLeg(topology: Topology, leg: Walk, nodes: Map<string, DrawnNode>, edges: Map<string, DrawnEdge>): void {
  let previous: string | undefined;
  for (const hop of leg.hops) {
    const id = nodeIdOf(hop);
    if (id === undefined) continue;
    if (!nodes.has(id)) nodes.set(id, nodeOfHop(topology, hop, id));
    if (previous !== undefined && previous !== id) {
      const key = edgeId(previous, id);
      if (!edges.has(key))
        edges.set(key, {
          id: key,
          from: previous,
          to: id,
          isGeneve: hop.encapsulation !== undefined && hop.kind === "appliance",
        });
    }
    previous = id;
  }
}

function nodeOfHop(topology: Topology, hop: Hop, id: string): DrawnNode {
  if (hop.kind === "internet") return { id, kind: "outside", label: "Internet", detail: "", address: "the internet" };
  const networkInterface = topology.networkInterfaces.find(
    (one) => one.id === id || (one.ownerId === id && one.deviceIndex === 0),
  );
  if (networkInterface && hop.kind !== "GWLB endpoint" && hop.kind !== "NAT gateway")
    return {
      ...nodeOfInterface(topology, networkInterface),
      id,
      ...(hop.kind === "appliance" ? { kind: "appliance" } : {}),
    };
  const { endpoints, loadBalancers, natGateways, gateways, transitGateways, peeringConnections, autoScalingGroups } =
    topology;
  const part = byId<Part>(
    [
      ...endpoints,
      ...loadBalancers,
      ...natGateways,
      ...gateways,
      ...transitGateways,
      ...peeringConnections,
      ...autoScalingGroups,
    ],
    id,
  );
  const inSubnet = hop.kind === "GWLB endpoint" || hop.kind === "NAT gateway" || hop.kind === "host";
  const isAttached =
    hop.kind === "Gateway Load Balancer" ||
    hop.kind === "internet gateway" ||
    hop.kind === "egress-only internet gateway";
  return {
    id,
    kind: hop.kind,
    label: part ? labelOf(part) : hop.name.replace(/^a host in (\w+\.)?/, "host in "),
    detail: networkInterface?.privateIps[0] ?? (hop.kind === "Gateway Load Balancer" ? "GENEVE, UDP 6081" : ""),
    address: part?.address ?? hop.name,
    group: inSubnet ? hop.subnetId : isAttached ? hop.vpcId : undefined,
  };
}

function nodeOfInterface(topology: Topology, networkInterface: NetworkInterface): DrawnNode {
  const instance = byId(topology.instances, networkInterface.ownerId);
  return {
    id: networkInterface.ownerId ?? networkInterface.id,
    kind: networkInterface.kind === "host" ? "assumed host" : networkInterface.kind,
    label: labelOf(instance ?? networkInterface),
    detail: [networkInterface.privateIps[0] ?? networkInterface.ipv6Addresses[0] ?? "", instance?.instanceType ?? ""]
      .filter((text) => text !== "")
      .join(", "),
    address: networkInterface.address,
    group: networkInterface.subnetId,
  };
}

function subnetDetail(subnet: Subnet): string {
  return [subnet.ipv4Cidr, subnet.ipv6Cidr, subnet.zone].filter((text) => text !== undefined).join(", ");
}
