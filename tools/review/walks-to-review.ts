import { judgedTrip } from "../appliance-rules/judged-trip";
import { roundTrip, WalkRequest } from "../topology/walk";
import { byId, NetworkInterface, Subnet, Topology } from "../topology/topology";
import { ReviewedWalk } from "./check";
import { inspectedVpcIds, isTransitSubnet, tableOf, workloads } from "./inspected-paths";

/** More would make a report that nobody reads; what is left out is said. */
const MAX_HOSTS = 24;
const MAX_PAIRS = 12;

interface Host {
  readonly name: string;
  readonly label: string;
  readonly subnet: Subnet;
  readonly networkInterface?: NetworkInterface;
}

/** The walks of a review: every workload out to the internet, in from it where a rule lets it, and between subnets. */
export function walksToReview(topology: Topology): {
  readonly walks: readonly ReviewedWalk[];
  /** Other packets out to the internet, where the appliance's rules do something else with them. */
  readonly alternatives: readonly ReviewedWalk[];
  /** What was not walked, so that nobody takes it for checked. */
  readonly omitted: readonly string[];
} {
  const all = hostsOf(topology);
  const hosts = all.slice(0, MAX_HOSTS);
  const pairs = pairsOf(hosts);
  const walks = [
    ...hosts.flatMap((host) => outbound(topology, host)),
    ...hosts.flatMap((host) => inbound(topology, host)),
    ...eastWest(topology, pairs),
  ];
  const omitted = [
    ...all.slice(MAX_HOSTS).map((host) => `not walked: ${host.label}, beyond the first ${MAX_HOSTS} hosts`),
    ...(pairs.length > MAX_PAIRS
      ? [`not walked: ${pairs.length - MAX_PAIRS} of ${pairs.length} pairs of hosts in different subnets`]
      : []),
  ];
  return { walks, alternatives: hosts.flatMap((host) => alternatives(topology, host, walks)), omitted };
}

/** Workloads of inspected VPCs; an assumed host where a subnet that sends its packets to be inspected has none. */
function hostsOf(topology: Topology): readonly Host[] {
  const inspected = inspectedVpcIds(topology);
  const instances = workloads(topology).flatMap((networkInterface): Host[] => {
    const subnet = byId(topology.subnets, networkInterface.subnetId);
    return subnet && inspected.has(subnet.vpcId)
      ? [{ name: networkInterface.id, label: networkInterface.address, subnet, networkInterface }]
      : [];
  });
  const empty = topology.subnets
    .filter((subnet) => inspected.has(subnet.vpcId) && !isTransitSubnet(topology, subnet))
    .filter(
      (subnet) => !topology.networkInterfaces.some((one) => one.subnetId === subnet.id && one.kind !== "endpoint"),
    )
    .filter((subnet) =>
      tableOf(topology, subnet)?.routes.some((route) =>
        ["VPC endpoint", "transit gateway"].includes(route.target.kind),
      ),
    )
    .map((subnet) => ({ name: subnet.id, label: `a host in ${subnet.address}`, subnet }));
  return [...instances, ...empty];
}

function outbound(topology: Topology, host: Host): readonly ReviewedWalk[] {
  const ipv6 = host.networkInterface
    ? host.networkInterface.ipv6Addresses.length > 0
    : host.subnet.ipv6Cidr !== undefined;
  const ipv4 = host.networkInterface ? host.networkInterface.privateIps.length > 0 : host.subnet.ipv4Cidr !== undefined;
  const families = [...(ipv4 ? (["ipv4"] as const) : []), ...(ipv6 ? (["ipv6"] as const) : [])];
  return families.map((family) =>
    reviewed(
      topology,
      { from: host.name, to: "internet", protocol: "tcp", port: 443, family },
      "outbound",
      host.label,
      "internet",
    ),
  );
}

/** What else is sent to the internet, for the appliance's rules: they may treat it otherwise than TCP 443. */
function alternatives(topology: Topology, host: Host, walks: readonly ReviewedWalk[]): readonly ReviewedWalk[] {
  const usual = walks.find(
    ({ direction, family, from }) => direction === "outbound" && family === "ipv4" && from === host.label,
  );
  if (!usual) return [];
  const others = [{ protocol: "tcp", port: 80 }, { protocol: "icmp" }] as const;
  return others
    .map((packet) => {
      const request = { from: host.name, to: "internet", family: "ipv4", ...packet } as const;
      return reviewed(topology, request, "outbound", host.label, "internet");
    })
    .filter(({ judged }) => JSON.stringify(judged.ruling) !== JSON.stringify(usual.judged.ruling));
}

function inbound(topology: Topology, host: Host): readonly ReviewedWalk[] {
  const families = [
    ...(host.networkInterface?.publicIp === undefined ? [] : (["ipv4"] as const)),
    ...((host.networkInterface?.ipv6Addresses.length ?? 0) > 0 ? (["ipv6"] as const) : []),
  ];
  return families.flatMap((family) => {
    const port = openPort(topology, host, family === "ipv4" ? "0.0.0.0/0" : "::/0");
    if (port === undefined) return [];
    return [
      reviewed(
        topology,
        { from: "internet", to: host.name, protocol: "tcp", port, family },
        "inbound",
        "internet",
        host.label,
      ),
    ];
  });
}

interface Pair {
  readonly from: Host;
  readonly to: Host;
}

function pairsOf(hosts: readonly Host[]): readonly Pair[] {
  return hosts
    .flatMap((from, i) => hosts.slice(i + 1).map((to) => ({ from, to })))
    .filter(({ from, to }) => from.subnet.id !== to.subnet.id);
}

function eastWest(topology: Topology, pairs: readonly Pair[]): readonly ReviewedWalk[] {
  return pairs.slice(0, MAX_PAIRS).flatMap(({ from, to }) => {
    const port = openPort(topology, to, from.subnet.ipv4Cidr ?? "");
    if (port === undefined) return [];
    return [
      reviewed(topology, { from: from.name, to: to.name, protocol: "tcp", port }, "east-west", from.label, to.label),
    ];
  });
}

/** A TCP port that the host's security groups open to this block; 443 for an assumed host. */
function openPort(topology: Topology, host: Host, cidr: string): number | undefined {
  if (!host.networkInterface) return 443;
  const rules = topology.securityGroups
    .filter((group) => host.networkInterface?.securityGroupIds.includes(group.id))
    .flatMap((group) => group.rules);
  const open = rules.find(
    (rule) =>
      rule.direction === "ingress" &&
      ["tcp", "6", "-1"].includes(rule.protocol) &&
      rule.peer.kind === "cidr" &&
      (rule.peer.cidr === cidr || rule.peer.cidr === "0.0.0.0/0"),
  );
  return open && (open.protocol === "-1" ? 443 : (open.fromPort ?? 443) || 443);
}

function reviewed(
  topology: Topology,
  request: WalkRequest,
  direction: ReviewedWalk["direction"],
  from: string,
  to: string,
): ReviewedWalk {
  const port = request.port === undefined ? "" : ` ${request.port}`;
  const title = `${from} -> ${to}, ${request.protocol}${port}${request.family === "ipv6" ? ", IPv6" : ""}`;
  const trip = roundTrip(topology, request);
  const judged = judgedTrip(topology, trip);
  return { title, from, to, direction, family: request.family ?? "ipv4", roundTrip: trip, judged };
}
