import { end, Journey, Next, stoppedBy } from "../journey";
import { Packet, packetAddress } from "../packet";
import { addressAt, formatAddress, parsePrefix } from "../prefix";
import { FilterVerdict, securityGroupVerdict } from "../security-group-verdict";
import { byId, LoadBalancer, NetworkInterface, Subnet, Topology, VpcEndpoint } from "../topology";
import { targetsOf } from "../targets";

/** Largest inner packet that a Gateway Load Balancer takes; larger ones vanish without an ICMP message. */
export const GATEWAY_LOAD_BALANCER_MTU = 8500;

/** UDP port of GENEVE: RFC 8926 §3.3. */
const GENEVE_PORT = 6081;

/** A route leads to a VPC endpoint: through the load balancer and an appliance, and back out of the same endpoint. */
export function throughEndpoint(journey: Journey, endpoint: VpcEndpoint, from: Subnet | undefined): Next {
  const { topology } = journey;
  const where = endpoint.address;
  if (endpoint.kind !== "GatewayLoadBalancer") {
    return end({
      kind: "dropped",
      where,
      why: `an endpoint of type ${endpoint.kind} is no route target for forwarded packets`,
    });
  }
  const [subnetId, ...others] = endpoint.subnetIds;
  const subnet = byId(topology.subnets, subnetId);
  if (!subnet || others.length > 0) {
    return end({
      kind: "cannot determine",
      where,
      why: endpoint.undetermined ?? `its subnet is not in the ${topology.source}`,
    });
  }
  const filters = journey.networkAcls(from, subnet);
  const place = { vpcId: endpoint.vpcId, subnetId: subnet.id, zone: subnet.zone };
  journey.hop({
    kind: "GWLB endpoint",
    id: endpoint.id,
    name: endpoint.address,
    ...place,
    text: `${endpoint.address} in ${subnet.address} takes the packet to its service`,
    filters,
    mtu: GATEWAY_LOAD_BALANCER_MTU,
  });
  const stopped = stoppedBy(filters) ?? inspect(journey, endpoint, subnet);
  if (stopped) return stopped;
  journey.hop({
    kind: "GWLB endpoint",
    id: endpoint.id,
    name: endpoint.address,
    ...place,
    text: `the packet comes out of the same endpoint, into ${subnet.address}`,
  });
  return { to: "router", subnet };
}

function inspect(journey: Journey, endpoint: VpcEndpoint, endpointSubnet: Subnet): Next | undefined {
  const { topology } = journey;
  if (endpoint.serviceName === undefined) {
    return end({
      kind: "cannot determine",
      where: endpoint.address,
      why: endpoint.undetermined ?? "its service is not known yet",
    });
  }
  const service = topology.endpointServices.find((one) => one.serviceName === endpoint.serviceName);
  if (!service) {
    journey.hop({
      kind: "Gateway Load Balancer",
      name: endpoint.serviceName,
      zone: endpointSubnet.zone,
      text: `the service ${endpoint.serviceName} inspects the packet and returns it`,
      assumptions: [`${endpoint.serviceName} is not in the ${topology.source}: it is assumed to return the packet`],
    });
    return undefined;
  }
  const types = service.supportedIpAddressTypes;
  if (journey.packet.destination.address?.family === "ipv6" && types.length > 0 && !types.includes("ipv6")) {
    return end({
      kind: "dropped",
      where: service.address,
      why: `it supports ${types.join(", ")} only, got an IPv6 packet`,
    });
  }
  const balancers = service.loadBalancerArns.flatMap(
    (arn) => topology.loadBalancers.find((one) => one.arn === arn) ?? [],
  );
  const balancer = balancers.find((one) => nodeSubnet(topology, one, endpointSubnet.zone)) ?? balancers[0];
  if (!balancer)
    return end({
      kind: "cannot determine",
      where: service.address,
      why: `its load balancer is not in the ${topology.source}`,
    });
  return balance(journey, balancer, endpointSubnet);
}

function balance(journey: Journey, balancer: LoadBalancer, endpointSubnet: Subnet): Next | undefined {
  const { topology } = journey;
  const { zone } = endpointSubnet;
  const node = nodeSubnet(topology, balancer, zone);
  if (!node) {
    const zones = balancer.subnetIds.map((id) => byId(topology.subnets, id)?.zone);
    if (zone === undefined || zones.includes(undefined)) {
      return end({
        kind: "cannot determine",
        where: balancer.address,
        why: "the zone of the endpoint or of the load balancer is not known yet",
      });
    }
    return end({
      kind: "dropped",
      where: balancer.address,
      why: `it has no subnet in the endpoint's zone ${zone}: AWS refuses such an endpoint`,
    });
  }
  const listener = topology.listeners.find((one) => one.loadBalancerArn === balancer.arn);
  const group = topology.targetGroups.find((one) => listener?.targetGroupArns.includes(one.arn));
  if (!listener || !group) {
    const stray = topology.listeners.some(
      (one) => one.loadBalancerArn === undefined || one.targetGroupArns.length === 0,
    );
    const why = listener ? "its listener forwards to no target group" : "it has no listener";
    return end({ kind: stray ? "cannot determine" : "dropped", where: balancer.address, why });
  }
  const targets = targetsOf(topology, group);
  const eligible = balancer.crossZone
    ? targets
    : targets.filter((target) => target.zones.includes(zone ?? "") || zone === undefined);
  const [target] = eligible;
  if (!target) {
    const [undetermined] = group.undeterminedTargets;
    if (undetermined !== undefined) return end({ kind: "cannot determine", where: group.address, why: undetermined });
    const elsewhere = targets.map((one) => `${one.name} in ${one.zones.join(", ")}`).join("; ") || "none at all";
    return end({
      kind: "dropped",
      where: group.address,
      why: `no target in zone ${zone ?? ""} and cross-zone load balancing is off; targets: ${elsewhere}`,
    });
  }
  const outerDestination = target.networkInterface?.privateIps[0] ?? target.name;
  const encapsulation = {
    protocol: "GENEVE",
    outerSource: node.ipv4Cidr ?? node.address,
    outerDestination,
    udpPort: GENEVE_PORT,
    vni: 0,
  } as const;
  const place = { vpcId: node.vpcId, subnetId: node.id, zone: node.zone };
  const choice =
    eligible.length > 1
      ? [`the flow's hash chooses one of ${eligible.length} targets: ${eligible.map((one) => one.name).join(", ")}`]
      : [];
  journey.hop({
    kind: "Gateway Load Balancer",
    id: balancer.id,
    name: balancer.address,
    ...place,
    text: `${balancer.address} wraps the packet in GENEVE for ${target.name}`,
    encapsulation,
    assumptions: choice,
    mtu: GATEWAY_LOAD_BALANCER_MTU,
  });
  const filters = target.networkInterface ? geneveFilters(topology, target.networkInterface, node) : [];
  const subnet = byId(topology.subnets, target.networkInterface?.subnetId);
  journey.hop({
    kind: "appliance",
    id: target.id,
    name: target.name,
    vpcId: subnet?.vpcId,
    subnetId: subnet?.id,
    zone: subnet?.zone ?? zone,
    text: `${target.name} unwraps the packet and, unless its own rules drop or redirect it, returns it in the same GENEVE`,
    encapsulation: { ...encapsulation, outerSource: outerDestination, outerDestination: encapsulation.outerSource },
    filters,
  });
  const stopped = stoppedBy(filters);
  if (stopped) return stopped;
  journey.hop({
    kind: "Gateway Load Balancer",
    id: balancer.id,
    name: balancer.address,
    ...place,
    text: `${balancer.address} unwraps the packet and returns it to the endpoint`,
  });
  return undefined;
}

/** The load balancer's subnet in a zone. With unknown zones only a single subnet can be meant. */
function nodeSubnet(topology: Topology, balancer: LoadBalancer, zone: string | undefined): Subnet | undefined {
  const subnets = balancer.subnetIds.flatMap((id) => byId(topology.subnets, id) ?? []);
  if (subnets.length === 1 && (zone === undefined || subnets[0]?.zone === undefined)) return subnets[0];
  return zone === undefined ? undefined : subnets.find((subnet) => subnet.zone === zone);
}

/** Whether GENEVE from any address of the load balancer's subnet may come in. */
function geneveFilters(topology: Topology, networkInterface: NetworkInterface, node: Subnet): readonly FilterVerdict[] {
  return [sourceSubnetVerdict(topology, networkInterface, node, "udp", GENEVE_PORT)];
}

/** What an interface's security groups say of packets from anywhere in a subnet: its first and its last address decide. */
export function sourceSubnetVerdict(
  topology: Topology,
  networkInterface: NetworkInterface,
  source: Subnet,
  protocol: "udp" | "tcp",
  port: number,
): FilterVerdict {
  const own = byId(topology.subnets, networkInterface.subnetId);
  const prefix = source.ipv4Cidr === undefined ? undefined : parsePrefix(source.ipv4Cidr);
  const size = prefix ? 1n << BigInt(32 - prefix.length) : 0n;
  const addresses = prefix ? [4n, size - 2n].map((offset) => formatAddress(addressAt(prefix, offset))) : [];
  const packets = addresses.map((text): Packet => ({
    source: packetAddress(text),
    destination: packetAddress(networkInterface.privateIps[0] ?? ""),
    protocol,
    destinationPort: port,
  }));
  const verdicts = packets.map((packet) => securityGroupVerdict(topology, networkInterface, own, "ingress", packet));
  const [first, last] = verdicts;
  if (!first || !last)
    return {
      filter: "security group",
      name: networkInterface.address,
      direction: "ingress",
      decision: "undetermined",
      why: `the CIDR block of ${source.address} is not known yet`,
    };
  const what = `${protocol.toUpperCase()} ${port} from ${source.ipv4Cidr ?? ""}`;
  if (first.decision === last.decision) return { ...first, why: `${what}: ${first.why}` };
  return { ...first, decision: "undetermined", why: `${what}: only a part of the subnet is allowed` };
}
